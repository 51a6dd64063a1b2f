import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freeze } from "./support/freeze.ts";
import {
  createTopic,
  kafkajs,
  readRecords,
  uniqueName,
  writeRecords,
} from "./support/kafka-topics.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";

const LONG = { timeout: 60_000, interval: 100 };
const PASSWORD = "the secret of the letter writer";

/** A cluster that is there for dead letters only; its secured listener lets nobody do anything. */
let letters: Kafka;
let shared: string;
beforeAll(async () => {
  shared = await sharedKafka();
  letters = await startKafka({
    listeners: { SECURED: { sasl: ["PLAIN"] } },
    users: { writer: PASSWORD },
    properties: {
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
    },
  });
});
afterAll(async () => {
  await letters?.close();
});

function overrides(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => [
      [`producer.override.${key}`, value],
      [`admin.override.${key}`, value],
    ]),
  );
}

const secured = () =>
  overrides({
    "bootstrap.servers": letters.bootstrapServersOf("SECURED"),
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="writer" password="${PASSWORD}";`,
  });

async function startSink(config: Readonly<Record<string, string>>) {
  const name = uniqueName("refused");
  const dlq = `${name}-dlq`;
  await createTopic(shared, name, 1, {});
  const worker = await StandaloneWorker.start(shared, { "offset.flush.timeout.ms": "500" });
  const create = () =>
    worker.client.create(name, {
      "connector.class": "test.PickySink",
      topics: name,
      file: worker.fileOf(name),
      "errors.tolerance": "all",
      "errors.deadletterqueue.topic.name": dlq,
      "errors.deadletterqueue.topic.replication.factor": "1",
      "errors.put.isolate": "true",
      ...config,
    });
  const write = (...values: string[]) =>
    writeRecords(
      shared,
      name,
      values.map((value) => ({ partition: 0, key: null, value })),
    );
  const committed = () => committedBy(`connect-${name}`, name);
  const trace = async () => (await worker.client.status(name))?.tasks[0]?.trace;
  return { name, dlq, worker, create, write, committed, trace };
}

/** The worker's own answer comes from the cluster that `admin.override.` names, as in Java. */
async function committedBy(groupId: string, topic: string): Promise<number> {
  const admin = kafkajs(shared).admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return Number(found?.partitions[0]?.offset ?? -1);
  } finally {
    await admin.disconnect();
  }
}

async function allow(topic: string, operation: AclOperationTypes): Promise<void> {
  const admin = kafkajs(letters.bootstrapServers).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: topic,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: "User:writer",
          host: "*",
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
}

describe("missing rights on the dead-letter topic", () => {
  test("fail the task at its start when the topic cannot be looked at, in Java's words", async () => {
    const { name, dlq, worker, create, write, trace } = await startSink(secured());
    await write("a");
    await create();
    await expect
      .poll(trace, LONG)
      .toMatch(
        new RegExp(
          `^org\\.apache\\.kafka\\.connect\\.errors\\.ConnectException: Could not initialize dead letter queue with topic=${dlq} \\(errors\\.deadletterqueue\\.topic\\.name\\)[^]*TOPIC_AUTHORIZATION_FAILED`,
        ),
      );
    expect(worker.written(name)).toBe("");
    expect(`${await trace()}${JSON.stringify(worker.log)}`).not.toContain(PASSWORD);
  });

  test("fail the task at its first bad record when it may not write, which is not lost", async () => {
    const { name, dlq, worker, create, write, committed, trace } = await startSink(secured());
    await createTopic(letters.bootstrapServers, dlq, 1, {});
    await allow(dlq, AclOperationTypes.DESCRIBE);
    await write("a", "refuse 1", "c");
    await create();
    await expect
      .poll(trace, LONG)
      .toMatch(
        new RegExp(
          `Could not produce message to dead letter queue\\. topic=${dlq} [^]*the record of ${name}-0 at offset 1[^]*TOPIC_AUTHORIZATION_FAILED[^]*give the client's principal access`,
        ),
      );
    expect(await committed()).toBeLessThanOrEqual(1);
    expect(`${await trace()}${JSON.stringify(worker.log)}`).not.toContain(PASSWORD);

    await allow(dlq, AclOperationTypes.WRITE);
    // Rights reach the broker a moment after they were given.
    await expect
      .poll(async () => {
        const [task] = (await worker.client.status(name))?.tasks ?? [];
        if (task?.state === "FAILED") {
          await worker.client.request("POST", `/connectors/${name}/tasks/0/restart`);
        }
        return committed();
      }, LONG)
      .toBe(3);
    const found = await readRecords(letters.bootstrapServers, dlq);
    expect(found.map(({ value }) => value)).toEqual(["refuse 1"]);
  });
});

describe("a dead-letter topic out of reach", () => {
  const plain = () => overrides({ "bootstrap.servers": letters.bootstrapServers });

  test("holds offsets, but not the records that are good; nothing is lost when it is back", async () => {
    const { name, dlq, worker, create, write, committed } = await startSink(plain());
    await write("a");
    await create();
    await expect.poll(() => committed(), LONG).toBe(1);
    const [broker] = letters.brokers;
    freeze(broker!);
    try {
      await write("b", "report 2", "refuse 3", "e");
      await expect.poll(() => worker.written(name), LONG).toBe("a\nb\ne\n");
      const refused = () =>
        worker.log.filter(({ message }) => message.startsWith("Offsets could not be committed"));
      await expect.poll(() => refused().length, LONG).toBeGreaterThan(1);
      expect(String(refused()[0]!.details?.["error"])).toContain(
        "not in the dead-letter topic yet (errors.deadletterqueue.topic.name)",
      );
      expect(await committed()).toBe(1);
      expect((await worker.client.status(name))?.tasks[0]?.state).toBe("RUNNING");
    } finally {
      broker!.resume();
    }
    await expect.poll(() => committed(), LONG).toBe(5);
    const found = await readRecords(letters.bootstrapServers, dlq);
    expect(found.map(({ value }) => value)).toEqual(["report 2", "refuse 3"]);
    expect(await worker.endOf(name)).toBe(
      "read 5, written 3, filtered 0, skipped 0, dead-lettered 2, still held 0",
    );
  });

  test("does not hold up a stop, after which the bad record is read again", async () => {
    const { name, dlq, worker, create, write, committed } = await startSink(plain());
    await write("a");
    await create();
    await expect.poll(() => committed(), LONG).toBe(1);
    const [broker] = letters.brokers;
    freeze(broker!);
    try {
      await write("refuse 1");
      const refused = () =>
        worker.log.some(({ message }) => message.startsWith("Offsets could not be committed"));
      await expect.poll(refused, LONG).toBe(true);
      expect(await worker.endOf(name)).toBe(
        "read 2, written 1, filtered 0, skipped 0, still held 1",
      );
      expect(await committed()).toBe(1);
    } finally {
      broker!.resume();
    }
    await worker.client.ask("resume", name);
    await expect.poll(() => committed(), LONG).toBe(2);
    const found = await readRecords(letters.bootstrapServers, dlq);
    // At least once: what was on its way when the task was stopped may have arrived.
    expect(new Set(found.map(({ value }) => value))).toEqual(new Set(["refuse 1"]));
  });
});
