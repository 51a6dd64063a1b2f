import { expect, test } from "vitest";
import { containerEnvironment, serverProperties, type ClusterPlan } from "./kafka-properties.ts";

const plan = (changes: Partial<ClusterPlan>): ClusterPlan => ({
  brokers: [1, 2, 3].map((id) => ({
    id,
    ports: new Map([
      ["PLAINTEXT", 1000 + id],
      ["CONTROLLER", 2000 + id],
    ]),
    dataFolder: `/data/${id}`,
  })),
  listeners: {},
  users: {},
  properties: {},
  certificates: undefined,
  ...changes,
});

function propertiesOf(cluster: ClusterPlan): Map<string, string> {
  const broker = cluster.brokers[0];
  if (broker === undefined) throw new Error("a cluster has brokers");
  const lines = serverProperties(broker, cluster).trimEnd().split("\n");
  return new Map(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]));
}

test("every broker votes, and only client listeners are announced", () => {
  const properties = propertiesOf(plan({}));
  expect(properties.get("controller.quorum.voters")).toBe(
    "1@127.0.0.1:2001,2@127.0.0.1:2002,3@127.0.0.1:2003",
  );
  expect(properties.get("listeners")).toBe(
    "PLAINTEXT://127.0.0.1:1001,CONTROLLER://127.0.0.1:2001",
  );
  expect(properties.get("advertised.listeners")).toBe("PLAINTEXT://127.0.0.1:1001");
  expect(properties.get("transaction.state.log.min.isr")).toBe("2");
});

test("what the caller sets wins", () => {
  const properties = propertiesOf(plan({ properties: { "broker.session.timeout.ms": 9000 } }));
  expect(properties.get("broker.session.timeout.ms")).toBe("9000");
});

test.each([
  [{}, "PLAINTEXT"],
  [{ tls: true }, "SSL"],
  [{ tls: "client-certificate" }, "SSL"],
  [{ tls: false, sasl: ["PLAIN"] }, "SASL_PLAINTEXT"],
  [{ tls: true, sasl: ["PLAIN"] }, "SASL_SSL"],
] as const)("a listener %o speaks %s", (listener, protocol) => {
  const properties = propertiesOf(plan({ listeners: { X: listener } }));
  expect(properties.get("listener.security.protocol.map")).toContain(`,X:${protocol}`);
});

test("a password survives both quotings on its way", () => {
  const properties = propertiesOf(
    plan({ listeners: { X: { sasl: ["PLAIN"] } }, users: { al: 'a"b\\c' } }),
  );
  // Properties.load halves the backslashes, then the login module reads a\"b\\c.
  expect(properties.get("listener.name.x.plain.sasl.jaas.config")).toContain(
    String.raw`user_al="a\\"b\\\\c"`,
  );
});

test("the container's settings are named as its image wants them", () => {
  expect(containerEnvironment("docker.local:29092")).toMatchObject({
    KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://docker.local:29092",
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
  });
});
