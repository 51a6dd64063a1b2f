import { Admin, KafkaClient, unwrap } from "@millrace/kafka-client";
import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ensureInternalTopic,
  internalTopic,
  type InternalTopicKind,
} from "../src/store/internal-topics.ts";
import { createTopic, kafkajs, uniqueName } from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { until } from "./support/until.ts";

let servers: string;
let client: KafkaClient;
let admin: Admin;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
  admin = new Admin(client);
});
afterAll(async () => {
  await admin.close();
  await client.close();
});

function topicOf(kind: InternalTopicKind, name: string, more: Record<string, string> = {}) {
  const logger = recordingLogger();
  const props = {
    [`${kind}.storage.topic`]: name,
    [`${kind}.storage.replication.factor`]: "1",
    ...more,
  };
  return { topic: internalTopic(kind, props, logger), logger };
}

describe("internalTopic", () => {
  it("has Java's defaults, and takes other keys for settings of the topic", () => {
    const logger = recordingLogger();
    const props = {
      "offset.storage.topic": "o",
      "offset.storage.segment.bytes": "1048576",
      "offset.storage.cleanup.policy": "delete",
      "config.storage.partitions": "3",
    };
    expect(internalTopic("offset", props, logger)).toEqual({
      kind: "offset",
      name: "o",
      partitions: 25,
      replicationFactor: 3,
      settings: { "segment.bytes": "1048576", "cleanup.policy": "compact" },
    });
    expect(internalTopic("config", props, logger).partitions).toBe(1);
    expect(internalTopic("status", props, logger).partitions).toBe(5);
    expect(logger.lines).toEqual([
      "warn Ignoring offset.storage.cleanup.policy=delete: the topic is always compacted",
      "warn Ignoring config.storage.partitions: the topic always has one partition",
    ]);
  });
});

describe("ensureInternalTopic", () => {
  it.each([
    ["config", {}, 1],
    [
      "offset",
      { "offset.storage.partitions": "7", "offset.storage.max.message.bytes": "77777" },
      7,
    ],
    ["status", { "status.storage.replication.factor": "-1" }, 5],
    ["status", { "status.storage.partitions": "-1" }, 1],
  ] as const)("creates the %s topic with %o", async (kind, more, partitions) => {
    const name = uniqueName(kind);
    const { topic, logger } = topicOf(kind, name, more);
    await ensureInternalTopic(client, topic, logger);
    const described = unwrap((await admin.describeTopics([name])).get(name), name);
    expect(described.partitions).toHaveLength(partitions);
    const configs = unwrap((await admin.describeConfigs("topic", [name])).get(name), name);
    expect(configs.get("cleanup.policy")?.value).toBe("compact");
    const expected = "offset.storage.max.message.bytes" in more ? "77777" : "1048588";
    expect(configs.get("max.message.bytes")?.value).toBe(expected);
    // And a second worker finds it.
    await ensureInternalTopic(client, topic, logger);
    expect(logger.lines).toEqual([`info Created Topic ${name} (${kind}.storage.topic)`]);
  });

  it.each(["delete", "compact,delete"])("refuses cleanup.policy=%s", async (policy) => {
    const name = uniqueName("offsets");
    await createTopic(servers, name, 2, { "cleanup.policy": policy });
    const { topic, logger } = topicOf("offset", name);
    await expect(ensureInternalTopic(client, topic, logger)).rejects.toThrow(
      new RegExp(
        `^Topic ${name} \\(offset\\.storage\\.topic\\) has cleanup\\.policy=${policy}, which would lose source connector offsets; .*--entity-name ${name} --add-config cleanup\\.policy=compact[^\n]*$`,
      ),
    );
  });

  it("refuses a config topic with two partitions", async () => {
    const name = uniqueName("configs");
    await createTopic(servers, name, 2, { "cleanup.policy": "compact" });
    const { topic, logger } = topicOf("config", name);
    await expect(ensureInternalTopic(client, topic, logger)).rejects.toThrow(
      `Topic ${name} (config.storage.topic) has 2 partitions, and must have exactly one`,
    );
  });

  it("names replication factor and brokers when there are too few", async () => {
    const name = uniqueName("status");
    const { topic, logger } = topicOf("status", name, { "status.storage.replication.factor": "3" });
    await expect(ensureInternalTopic(client, topic, logger)).rejects.toThrow(
      `Topic ${name} (status.storage.topic) could not be created with 3 replicas (status.storage.replication.factor), since there are 1 brokers: set status.storage.replication.factor to at most 1, or start more brokers`,
    );
  });

  it("names the keys of settings that the brokers refuse", async () => {
    const name = uniqueName("status");
    const { topic, logger } = topicOf("status", name, { "status.storage.segment.bytes": "x" });
    await expect(ensureInternalTopic(client, topic, logger)).rejects.toThrow(
      /refuse its settings: .*change the worker's keys status\.storage\.\*/,
    );
  });
});

describe("a principal that may not do everything", () => {
  let kafka: Kafka;
  let worker: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({
      listeners: { SECURED: { sasl: ["PLAIN"] } },
      users: { worker: "secret" },
      properties: {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
      },
    });
    worker = new KafkaClient({
      bootstrapServers: [kafka.bootstrapServersOf("SECURED")],
      sasl: { mechanism: "PLAIN", username: "worker", password: "secret" },
    });
  });
  afterAll(async () => {
    await worker.close();
    await kafka.close();
  });

  async function allow(topic: string, operations: readonly AclOperationTypes[]) {
    const acls = kafkajs(kafka.bootstrapServers).admin();
    await acls.connect();
    try {
      await acls.createAcls({
        acl: operations.map((operation) => ({
          resourceType: AclResourceTypes.TOPIC,
          resourceName: topic,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: "User:worker",
          host: "*",
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      });
    } finally {
      await acls.disconnect();
    }
  }

  it("may not look at settings: warned, and goes on", async () => {
    await createTopic(kafka.bootstrapServers, "configs", 1, { "cleanup.policy": "compact" });
    await allow("configs", [AclOperationTypes.READ, AclOperationTypes.WRITE]);
    const { topic, logger } = topicOf("config", "configs");
    await ensureInternalTopic(worker, topic, logger);
    expect(logger.lines).toEqual([
      expect.stringMatching(/^warn Could not check that Topic configs \(config\.storage\.topic\)/),
    ]);
  });

  it("may not create topics: waits for somebody who does", async () => {
    await allow("later", [AclOperationTypes.READ, AclOperationTypes.DESCRIBE_CONFIGS]);
    const { topic, logger } = topicOf("status", "later");
    const ensured = ensureInternalTopic(worker, topic, logger);
    await until("it waits", () => logger.lines.some((line) => line.includes("may not be created")));
    await createTopic(kafka.bootstrapServers, "later", 5, { "cleanup.policy": "compact" });
    await ensured;
    expect(logger.lines).toHaveLength(1);
  });

  it("may not see the topic: told so", async () => {
    const { topic, logger } = topicOf("offset", "hidden");
    await expect(ensureInternalTopic(worker, topic, logger)).rejects.toThrow(
      /^Topic hidden \(offset\.storage\.topic\) could not be prepared: .*TOPIC_AUTHORIZATION_FAILED; give the client's principal DESCRIBE on it/,
    );
  });
});
