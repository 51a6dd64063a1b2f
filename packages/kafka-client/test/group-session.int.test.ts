import { startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client.ts";
import type { GroupConsumerOptions } from "../src/group-consumer-options.ts";
import { TestConsumer, until } from "./support/group.ts";
import { createTopic, uniqueName } from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe("sessions", () => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;

  beforeAll(async () => {
    broker = await startKafka({ properties: { "group.min.session.timeout.ms": 500 } });
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

  test("a busy caller keeps its partitions: heartbeats go out by themselves", async () => {
    const topic = await createTopic(servers);
    const options = { groupId: uniqueName("group"), topics: [topic], sessionTimeoutMs: 2000 };
    await using busy = newConsumer(options);
    await busy.joined();
    expect(busy.assignment).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await busy.consumer.commit([{ topic, partition: 0, offset: 0 }]);
    expect(busy.events.map(({ kind }) => kind)).toEqual(["assigned"]);
  });

  test("beyond the poll interval too, as long as it says that it is alive", async () => {
    const topic = await createTopic(servers);
    const options = { groupId: uniqueName("group"), topics: [topic], rebalanceTimeoutMs: 1000 };
    await using alive = newConsumer(options);
    await alive.joined();
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      alive.consumer.keepAlive();
    }
    await alive.consumer.commit([{ topic, partition: 0, offset: 0 }]);
    expect(alive.events.map(({ kind }) => kind)).toEqual(["assigned"]);
  });

  test("one that goes silent leaves; its commit is refused, its next poll says lost and joins", async () => {
    const topic = await createTopic(servers);
    const options = { groupId: uniqueName("group"), topics: [topic], rebalanceTimeoutMs: 700 };
    await using silent = newConsumer(options);
    await silent.joined();
    await using other = newConsumer({ ...options, rebalanceTimeoutMs: 60_000 }).run();
    await until(() => other.assignment.length === 1, both(other), 5000);
    await expect(
      silent.consumer.commit([{ topic, partition: 0, offset: 0 }]),
    ).rejects.toMatchObject({
      code: "UNKNOWN_MEMBER_ID",
      message: expect.stringContaining("no member of it any more") as string,
    });
    silent.run();
    await until(() => silent.events.some(({ kind }) => kind === "lost"));
    await until(
      () => silent.assignment.length + other.assignment.length === 1,
      both(silent, other),
    );
    expect(silent.events[1]).toMatchObject({ kind: "lost", partitions: [`${topic}-0`] });
  });

  test("a member that dies is missed after the session timeout", async () => {
    const topic = await createTopic(servers, { numPartitions: 2 });
    const options = { groupId: uniqueName("group"), topics: [topic], sessionTimeoutMs: 1000 };
    const doomed = new KafkaClient({ bootstrapServers: [servers] });
    const victim = new TestConsumer(doomed, options).run();
    await using heir = newConsumer(options).run();
    await until(() => victim.assignment.length === 1 && heir.assignment.length === 1);
    await victim.stop();
    const died = performance.now();
    await doomed.close();
    await until(() => heir.assignment.length === 2, both(heir), 5000);
    expect(performance.now() - died).toBeGreaterThan(500);
    await victim.close();
  });
});
