import { startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client.ts";
import type { GroupConsumerOptions } from "../src/group-consumer-options.ts";
import { TestConsumer, commitPositions, until } from "./support/group.ts";
import { KAFKA_VERSIONS, createTopic, produceNumbers, uniqueName } from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;

  beforeAll(async () => {
    broker = await startKafka({ version, properties: { "group.min.session.timeout.ms": 500 } });
    servers = broker.bootstrapServers;
    client = new KafkaClient({ bootstrapServers: [servers], metadataMaxAgeMs: 300 });
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  const newConsumer = (options: GroupConsumerOptions): TestConsumer =>
    new TestConsumer(client, options);
  const both =
    (...consumers: TestConsumer[]) =>
    () =>
      consumers.map(({ assignment }) => assignment);

  test("share; revoked is finished before the other is assigned; nothing is read twice", async () => {
    const topic = await createTopic(servers, { numPartitions: 4 });
    const groupId = uniqueName("group");
    for (const p of [0, 1, 2, 3]) await produceNumbers(servers, topic, p * 100, 50, p);
    await using one = newConsumer({ groupId, topics: [topic] });
    one.during.revoked = async (partitions) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await commitPositions(one, partitions);
    };
    one.run();
    await until(() => one.values.length === 200);
    await using two = newConsumer({ groupId, topics: [topic] }).run();
    await until(() => one.assignment.length === 2 && two.assignment.length === 2, both(one, two));
    const revoked = one.events.find(({ kind }) => kind === "revoked");
    const assigned = two.events.find(({ kind }) => kind === "assigned");
    expect(revoked?.partitions).toHaveLength(4);
    expect(assigned?.at).toBeGreaterThan(revoked?.at ?? Infinity);

    for (const p of [0, 1, 2, 3]) await produceNumbers(servers, topic, p * 100 + 50, 50, p);
    await until(() => one.values.length + two.values.length === 400);
    const all = [...one.values, ...two.values].map(Number).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 400 }, (_, i) => i));

    await two.close();
    await until(() => one.assignment.length === 4, both(one));
    expect([...one.errors, ...two.errors]).toEqual([]);
  });

  test("cooperative-sticky: what stays is never given up, and is read without a break", async () => {
    const topic = await createTopic(servers, { numPartitions: 4 });
    const options: GroupConsumerOptions = {
      groupId: uniqueName("group"),
      topics: [topic],
      assignors: ["cooperative-sticky"],
    };
    await using one = newConsumer(options);
    one.during.revoked = (partitions) => commitPositions(one, partitions);
    one.run();
    await until(() => one.assignment.length === 4, both(one));
    await using two = newConsumer(options).run();
    await until(() => one.assignment.length === 2 && two.assignment.length === 2, both(one, two));
    const kept = one.assignment;
    const moved = one.events.filter(({ kind }) => kind === "revoked").flatMap((e) => e.partitions);
    expect(moved).toEqual(two.assignment);
    expect(moved.filter((name) => kept.includes(name))).toEqual([]);
    await two.close();
    await until(() => one.assignment.length === 4, both(one));
    expect(one.events.filter(({ kind }) => kind === "revoked")).toHaveLength(1);
    expect(one.events.at(-1)?.partitions).toEqual(moved);
    expect([...one.errors, ...two.errors]).toEqual([]);
  });

  test.each(["roundrobin", "sticky"] as const)("%s", async (assignor) => {
    const topic = await createTopic(servers, { numPartitions: 5 });
    const options = { groupId: uniqueName("group"), topics: [topic], assignors: [assignor] };
    await using one = newConsumer(options).run();
    await until(() => one.assignment.length === 5, both(one));
    await using two = newConsumer(options).run();
    await until(
      () => one.assignment.length + two.assignment.length === 5 && two.assignment.length > 1,
      both(one, two),
    );
    expect(Math.abs(one.assignment.length - two.assignment.length)).toBe(1);
    expect(new Set([...one.assignment, ...two.assignment]).size).toBe(5);
  });

  test("a static member comes back to what it had, and no one notices", async () => {
    const topic = await createTopic(servers, { numPartitions: 2 });
    const groupId = uniqueName("group");
    const member = (groupInstanceId: string): TestConsumer =>
      newConsumer({ groupId, topics: [topic], groupInstanceId });
    await using stays = member("a").run();
    const leaves = member("b").run();
    await until(() => stays.assignment.length === 1 && leaves.assignment.length === 1);
    const had = leaves.assignment;
    const events = stays.events.length;
    await leaves.close();
    await using back = member("b").run();
    await until(() => back.assignment.length === 1);
    expect(back.assignment).toEqual(had);
    expect(stays.events).toHaveLength(events);

    // A second one of the same name takes the place: the first is fenced, by name.
    await using usurper = member("b").run();
    await until(() => back.errors.length > 0);
    expect(back.errors[0]).toMatchObject({ code: "FENCED_INSTANCE_ID", fatal: true });
    await back.stop();
    await until(() => usurper.assignment.length === 1);
  });
});
