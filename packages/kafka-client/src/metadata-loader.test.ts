import { expect, test } from "vitest";

import { KafkaError } from "./errors.ts";
import { MetadataCache, type MetadataAnswer } from "./metadata.ts";
import { MetadataLoader } from "./metadata-loader.ts";

type Asked = [topics: string[] | null, create: boolean];
type Reply = Record<string, number | "leaderless"> | KafkaError;

/** Answers in order; the last one again and again. Topics that a reply leaves out are unknown. */
function loaderOf(...replies: Reply[]) {
  const asked: Asked[] = [];
  const send = async (topics: string[] | null, create: boolean): Promise<MetadataAnswer> => {
    asked.push([topics, create]);
    await new Promise((resolve) => setImmediate(resolve));
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
    if (reply instanceof KafkaError) throw reply;
    return answer(topics ?? Object.keys(reply), reply);
  };
  const cache = new MetadataCache();
  const backoff = { retryBackoffMs: 1, retryBackoffMaxMs: 1 };
  return { loader: new MetadataLoader(cache, send, backoff), cache, asked };
}

function answer(topics: string[], reply: Record<string, number | "leaderless">): MetadataAnswer {
  const partition = (leaderId: number) => ({
    errorCode: 0,
    partitionIndex: 0,
    leaderId,
    leaderEpoch: 0,
    replicaNodes: [1],
    isrNodes: [1],
  });
  return {
    brokers: [{ nodeId: 1, host: "h", port: 1 }],
    clusterId: "c",
    controllerId: 1,
    topics: topics.map((name) => {
      const state = reply[name] ?? 3;
      const found = state === 0 || state === "leaderless";
      return {
        errorCode: found ? 0 : state,
        name,
        topicId: name,
        isInternal: false,
        partitions: found ? [partition(state === 0 ? 1 : -1)] : [],
      };
    }),
  };
}

test("requests that come while one is on its way are joined into the next", async () => {
  const { loader, asked } = loaderOf({ a: 0, b: 0, c: 0 });
  const first = loader.refresh(["a"]);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([
    first,
    loader.refresh(["b"]),
    loader.refresh(["c"], true),
    loader.refresh([]),
  ]);
  expect(asked).toEqual([
    [["a"], false],
    [["b", "c"], true],
  ]);
});

test("a failed round fails its callers, not the next ones", async () => {
  const gone = new KafkaError("DISCONNECTED", "gone");
  const { loader } = loaderOf(gone, { a: 0 });
  await expect(loader.refresh(["a"])).rejects.toBe(gone);
  expect(await loader.refresh(["a"])).toEqual(new Map());
});

test("loading waits for leaders, and through failures that pass", async () => {
  const gone = new KafkaError("DISCONNECTED", "gone");
  const { loader, asked } = loaderOf({ t: 5 }, { t: "leaderless" }, gone, { t: 0 });
  const found = await loader.load(["t"], {});
  expect(found.get("t")?.partitions[0]?.leader).toBe(1);
  expect(asked.length).toBe(4);
});

test("a missing topic is absent at once, unless it is being created", async () => {
  const missing = loaderOf({});
  expect((await missing.loader.load(["t"], {})).size).toBe(0);
  expect(missing.asked.length).toBe(1);
  const created = loaderOf({}, {}, { t: 0 });
  const found = await created.loader.load(["t"], { allowAutoTopicCreation: true });
  expect([...found.keys()]).toEqual(["t"]);
  expect(created.asked).toEqual(Array.from({ length: 3 }, () => [["t"], true]));
  const never = loaderOf({});
  const options = { allowAutoTopicCreation: true, timeoutMs: 20 };
  expect((await never.loader.load(["t"], options)).size).toBe(0);
});

test("what waiting can't mend is thrown at once", async () => {
  const { loader, asked } = loaderOf({ t: 29 });
  await expect(loader.load(["t"], {})).rejects.toMatchObject({
    code: "TOPIC_AUTHORIZATION_FAILED",
    topic: "t",
    retriable: false,
  });
  const refused = loaderOf(new KafkaError("SASL_AUTHENTICATION_FAILED", "no"));
  await expect(refused.loader.load(["t"], {})).rejects.toThrow("no");
  expect([asked.length, refused.asked.length]).toEqual([1, 1]);
});

test("when time is up, the last failure is thrown", async () => {
  const { loader } = loaderOf(new KafkaError("DISCONNECTED", "gone"));
  await expect(loader.load(["t"], { timeoutMs: 20 })).rejects.toThrow("gone");
});
