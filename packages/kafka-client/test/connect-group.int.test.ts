import { describe, expect, test } from "vitest";
import { Admin } from "../src/admin.ts";
import { GroupMember } from "../src/group-member.ts";
import type { GroupProtocol, JoinedGroup } from "../src/group-membership.ts";
import { groupTransport } from "../src/group-transport.ts";
import { Reader, Writer } from "../src/protocol.ts";
import { until } from "./support/group.ts";
import { KAFKA_VERSIONS, brokerOf, clientOf, kafkajs, uniqueName } from "./support/kafka.ts";

/** What a Connect worker offers for protocols sessioned (2), compatible (1) and default (0). */
function workerMetadata(version: number, url: string, configOffset: bigint): Buffer {
  const writer = Writer.create().appendInt16(version).appendString(url, false);
  writer.appendInt64(configOffset);
  if (version > 0) writer.appendBytes(null, false); // runs nothing yet
  return writer.buffer;
}

interface Work {
  connector: string;
  /** -1 is the connector itself. */
  tasks: number[];
}

function workerAssignment(
  leader: string,
  leaderUrl: string,
  configOffset: bigint,
  work: Work[],
): Buffer {
  return Writer.create()
    .appendInt16(2)
    .appendInt16(0)
    .appendString(leader, false)
    .appendString(leaderUrl, false)
    .appendInt64(configOffset)
    .appendArray(
      work,
      (w, { connector, tasks }) => {
        w.appendString(connector, false);
        w.appendArray(tasks, (t, task) => t.appendInt32(task), false, false);
      },
      false,
      false,
    )
    .appendArray([], () => {}, false, false)
    .appendInt32(0).buffer;
}

function readAssignment(bytes: Buffer): { leader: string; url: string; work: Work[] } {
  const reader = Reader.from(bytes);
  reader.readInt16();
  reader.readInt16();
  const leader = reader.readString(false);
  const url = reader.readString(false);
  reader.readInt64();
  const work = reader.readArray(
    (r) => ({
      connector: r.readString(false),
      tasks: r.readArray((t) => t.readInt32(), false, false),
    }),
    false,
    false,
  );
  return { leader, url, work };
}

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  test("workers of a Connect cluster: type connect, the leader assigns, all can see it", async () => {
    await using broker = await brokerOf(version);
    await using client = clientOf(broker.bootstrapServers);
    await using admin = new Admin(client);
    const groupId = uniqueName("connect-cluster");

    const worker = (url: string): GroupMember => {
      const options = {
        groupId,
        protocolType: "connect",
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: 200,
        retryBackoffMs: 100,
        retryBackoffMaxMs: 1000,
      };
      const transport = groupTransport(client, { ...options, groupInstanceId: null });
      const protocol: GroupProtocol = {
        protocols: () => [
          { name: "sessioned", metadata: workerMetadata(2, url, 41n) },
          { name: "compatible", metadata: workerMetadata(1, url, 41n) },
          { name: "default", metadata: workerMetadata(0, url, 41n) },
        ],
        assign: (name, members, leaderId) => {
          expect(name).toBe("sessioned");
          const urls = new Map(
            members.map(({ memberId, metadata }) => {
              const reader = Reader.from(metadata);
              expect(reader.readInt16()).toBe(2);
              return [memberId, reader.readString(false)];
            }),
          );
          return new Map(
            members.map(({ memberId }, i) => {
              const work = [{ connector: `connector-${i}`, tasks: [-1, 0, 1] }];
              return [memberId, workerAssignment(leaderId, urls.get(leaderId)!, 41n, work)];
            }),
          );
        },
      };
      return new GroupMember(transport, options, protocol);
    };

    const prepare = (): Promise<void> => Promise.resolve();
    const one = worker("http://one:8083/");
    const two = worker("http://two:8083/");
    const alone = await one.ensureJoined(prepare);
    expect(readAssignment(alone!.assignment)).toEqual({
      leader: one.generation.memberId,
      url: "http://one:8083/",
      work: [{ connector: "connector-0", tasks: [-1, 0, 1] }],
    });

    const second = two.ensureJoined(prepare);
    await until(() => one.rejoinNeeded);
    const joined = (await Promise.all([one.ensureJoined(prepare), second])) as JoinedGroup[];
    expect(joined.map(({ generationId }) => generationId)).toEqual([2, 2]);
    const assignments = joined.map(({ assignment }) => readAssignment(assignment));
    expect(new Set(assignments.map(({ leader }) => leader))).toEqual(
      new Set([one.generation.memberId]),
    );
    expect(new Set(assignments.flatMap(({ work }) => work.map((w) => w.connector)))).toEqual(
      new Set(["connector-0", "connector-1"]),
    );

    const description = (await admin.describeGroups([groupId])).get(groupId);
    expect(description).toMatchObject({
      groupId,
      state: "Stable",
      protocolType: "connect",
      protocol: "sessioned",
    });
    const members = "members" in description! ? description.members : [];
    expect(members).toHaveLength(2);
    for (const { memberId, generation } of [one, two].map((w) => ({
      ...w.generation,
      generation: w,
    })))
      expect(members.find((m) => m.memberId === memberId)?.assignment).toEqual(
        joined.find((j) => j.memberId === generation.generation.memberId)?.assignment,
      );
    expect(members[0]?.partitions).toBeUndefined();
    expect(await admin.listGroups()).toContainEqual({
      groupId,
      protocolType: "connect",
      state: "Stable",
    });

    const theirs = kafkajs(broker.bootstrapServers).admin();
    await theirs.connect();
    const { groups } = await theirs.describeGroups([groupId]);
    await theirs.disconnect();
    expect(groups[0]).toMatchObject({
      protocolType: "connect",
      protocol: "sessioned",
      state: "Stable",
    });
    expect(
      groups[0]?.members.map(({ memberMetadata }) => memberMetadata.toString("hex")).sort(),
    ).toEqual(
      ["http://one:8083/", "http://two:8083/"]
        .map((url) => workerMetadata(2, url, 41n).toString("hex"))
        .sort(),
    );

    await two.close();
    await until(() => one.rejoinNeeded);
    const left = await one.ensureJoined(prepare);
    expect(left?.generationId).toBe(3);
    await one.close();
    const after = (await admin.describeGroups([groupId])).get(groupId);
    expect(after).toMatchObject({ state: "Empty", members: [] });
    expect((await admin.deleteGroups([groupId])).get(groupId)).toBe(true);
  });
});
