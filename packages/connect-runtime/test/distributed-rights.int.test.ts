import { type Kafka, startKafka } from "@millrace/services";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka as KafkaJs,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClusterUnderTest } from "./support/cluster-under-test.ts";

let kafka: Kafka;
beforeAll(async () => {
  kafka = await startKafka({
    listeners: { SECURED: { sasl: ["PLAIN"] } },
    users: { worker: "secret" },
    properties: {
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
    },
  });
});
afterAll(async () => {
  await kafka.close();
});

function clusterOf(password: string): ClusterUnderTest {
  return new ClusterUnderTest({
    "bootstrap.servers": kafka.bootstrapServersOf("SECURED"),
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="worker" password="${password}";`,
  });
}

async function allow(resourceType: AclResourceTypes, name: string): Promise<void> {
  const admin = new KafkaJs({ brokers: [kafka.bootstrapServers], logLevel: logLevel.NOTHING });
  const acls = admin.admin();
  await acls.connect();
  try {
    await acls.createAcls({
      acl: [
        {
          resourceType,
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.PREFIXED,
          principal: "User:worker",
          host: "*",
          operation: AclOperationTypes.ALL,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
  } finally {
    await acls.disconnect();
  }
}

test("a worker with a wrong password does not start, and does not tell the password", async () => {
  const cluster = clusterOf("not the secret");
  const error: unknown = await cluster.add().catch((thrown: unknown) => thrown);
  expect((error as Error).message).toMatch(/broker connection and security properties/);
  expect((error as Error).message).not.toContain("not the secret");
});

test("a worker that may not join the group is told so; given the right, it works", async () => {
  const cluster = clusterOf("secret");
  await allow(AclResourceTypes.TOPIC, cluster.name);
  await expect(cluster.add()).rejects.toThrow(
    /group of workers cluster-\S+ \(group\.id\): GROUP_AUTHORIZATION_FAILED; give the worker's principal READ/,
  );
  await allow(AclResourceTypes.GROUP, cluster.name);
  await cluster.add();
  expect((await cluster.send(1, "GET", "/health")).status).toBe(200);
});
