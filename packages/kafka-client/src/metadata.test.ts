import { expect, test } from "vitest";
import { MetadataCache, type MetadataAnswer } from "./metadata.ts";

function answer(topics: MetadataAnswer["topics"]): MetadataAnswer {
  const brokers = [{ nodeId: 1, host: "h", port: 1 }];
  return { brokers, clusterId: "c", controllerId: 1, topics };
}

function topic(name: string, leaders: [leader: number, epoch: number][], topicId = "id") {
  return {
    errorCode: 0,
    name,
    topicId,
    isInternal: false,
    partitions: leaders.map(([leaderId, leaderEpoch], partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId,
      leaderEpoch,
      replicaNodes: [leaderId],
      isrNodes: [leaderId],
    })),
  };
}

test("an older leader epoch does not lead back, unless the topic was made anew", () => {
  const cache = new MetadataCache();
  cache.update(answer([topic("t", [[2, 5]])]));
  cache.update(answer([topic("t", [[1, 4]])]));
  expect(cache.partition("t", 0)?.leader).toBe(2);
  cache.update(answer([topic("t", [[1, 0]], "another id")]));
  expect(cache.partition("t", 0)?.leader).toBe(1);
});

test("a leader named in an answer counts when it is newer", () => {
  const cache = new MetadataCache();
  cache.update(answer([topic("t", [[2, 5]])]));
  cache.learnLeader("t", 0, 3, 5);
  expect(cache.partition("t", 0)?.leader).toBe(2);
  cache.learnLeader("t", 0, 3, 6);
  expect(cache.partition("t", 0)?.leader).toBe(3);
  cache.learnLeader("unknown", 0, 3, 6);
});

test("a topic that is gone is forgotten; one that only lacks a leader is not", () => {
  const cache = new MetadataCache();
  cache.update(answer([topic("gone", [[1, 0]]), topic("stays", [[1, 0]])]));
  const failed = cache.update(
    answer([
      { ...topic("gone", []), errorCode: 3 },
      { ...topic("stays", []), errorCode: 5 },
    ]),
  );
  expect([...failed]).toEqual([
    ["gone", "UNKNOWN_TOPIC_OR_PARTITION"],
    ["stays", "LEADER_NOT_AVAILABLE"],
  ]);
  expect(cache.topic("gone")).toBeUndefined();
  expect(cache.topic("stays")?.partitions.length).toBe(1);
});

test("topics that no one asks for are forgotten after a while", () => {
  const cache = new MetadataCache();
  cache.update(answer([topic("a", [[1, 0]]), topic("b", [[1, 0]])]));
  expect(cache.forgetUnused()).toEqual(["a", "b"]);
  cache.use("b");
  expect(cache.forgetUnused()).toEqual(["b"]);
});

test("a broker that is only starting does not make us forget the others", () => {
  const cache = new MetadataCache();
  cache.update(answer([]));
  cache.update({ ...answer([]), brokers: [] });
  expect([...cache.brokers.keys()]).toEqual([1]);
});
