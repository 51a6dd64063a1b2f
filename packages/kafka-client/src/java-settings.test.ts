import { expect, test } from "vitest";
import { clientSettings } from "./java-settings.ts";
import { resolveProducerOptions } from "./producer/options.ts";

const SERVERS = { "bootstrap.servers": "a:1,b:2" };
const CLIENT = { requestTimeoutMs: 1, retryBackoffMs: 1, retryBackoffMaxMs: 1 };

test("nothing but bootstrap.servers gives Java's defaults", () => {
  const { client, producer, warnings } = clientSettings(SERVERS, "producer");
  expect(client).toEqual({
    bootstrapServers: ["a:1", "b:2"],
    clientId: "",
    requestTimeoutMs: 30_000,
    connectTimeoutMs: 10_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1000,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 1000,
    connectionsMaxIdleMs: 540_000,
    metadataMaxAgeMs: 300_000,
    apiTimeoutMs: 60_000,
  });
  expect(producer).toEqual({
    maxBlockMs: 60_000,
    acks: -1,
    deliveryTimeoutMs: 120_000,
    transactionTimeoutMs: 60_000,
    compression: "none",
    useKeys: true,
  });
  expect(warnings).toEqual([]);
  expect(clientSettings(SERVERS, "admin").client.connectionsMaxIdleMs).toBe(300_000);
  expect(clientSettings(SERVERS, "consumer").consumer).toEqual({
    groupId: "",
    allowAutoTopicCreation: true,
    excludeInternalTopics: true,
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3000,
    rebalanceTimeoutMs: 300_000,
    maxPollRecords: 500,
    assignors: ["range", "cooperative-sticky"],
    isolation: "read_uncommitted",
    offsetReset: "latest",
    checkCrcs: true,
  });
});

test("producer settings", () => {
  const { producer, client } = clientSettings(
    {
      ...SERVERS,
      acks: "1",
      "batch.size": "16384",
      "buffer.memory": "1000000",
      "client.id": "me",
      "compression.type": "zstd",
      "compression.zstd.level": "9",
      "compression.gzip.level": "1",
      "connections.max.idle.ms": "-1",
      "delivery.timeout.ms": "2147483647",
      "enable.idempotence": "FALSE",
      "linger.ms": " 100 ",
      "max.block.ms": "9223372036854775807",
      "max.in.flight.requests.per.connection": "1",
      "max.request.size": "5000000",
      "partitioner.ignore.keys": "true",
      "request.timeout.ms": "5000",
      retries: "3",
      "transaction.timeout.ms": "1000",
    },
    "producer",
  );
  expect(producer).toEqual({
    maxBlockMs: 2 ** 63,
    acks: 1,
    idempotent: false,
    batchSize: 16_384,
    bufferMemory: 1_000_000,
    compression: "zstd",
    compressionLevel: 9,
    deliveryTimeoutMs: 2 ** 31 - 1,
    lingerMs: 100,
    maxInFlight: 1,
    maxRequestSize: 5_000_000,
    useKeys: false,
    retries: 3,
    transactionTimeoutMs: 1000,
  });
  expect(client).toMatchObject({
    clientId: "me",
    requestTimeoutMs: 5000,
    connectionsMaxIdleMs: Infinity,
  });
});

test("consumer settings", () => {
  const { consumer, warnings } = clientSettings(
    {
      ...SERVERS,
      "group.id": "g",
      "group.instance.id": "i",
      "auto.offset.reset": "by_duration:P1DT2H30M1.5S",
      "isolation.level": "read_committed",
      "partition.assignment.strategy":
        "org.apache.kafka.clients.consumer.RoundRobinAssignor, org.apache.kafka.clients.consumer.StickyAssignor,com.example.Mine",
      "max.poll.records": "2000",
      "max.poll.interval.ms": "1000",
      "session.timeout.ms": "2000",
      "heartbeat.interval.ms": "3",
      "fetch.min.bytes": "4",
      "fetch.max.bytes": "5",
      "fetch.max.wait.ms": "6",
      "max.partition.fetch.bytes": "7",
      "check.crcs": "false",
      "client.rack": "r",
      "allow.auto.create.topics": "false",
      "exclude.internal.topics": "false",
    },
    "consumer",
  );
  expect(consumer).toEqual({
    groupId: "g",
    groupInstanceId: "i",
    offsetReset: { durationMs: ((24 + 2) * 3600 + 30 * 60 + 1.5) * 1000 },
    isolation: "read_committed",
    assignors: ["roundrobin", "sticky"],
    maxPollRecords: 2000,
    rebalanceTimeoutMs: 1000,
    sessionTimeoutMs: 2000,
    heartbeatIntervalMs: 3,
    minBytes: 4,
    maxBytes: 5,
    maxWaitMs: 6,
    maxPartitionBytes: 7,
    checkCrcs: false,
    rackId: "r",
    allowAutoTopicCreation: false,
    excludeInternalTopics: false,
  });
  expect(warnings).toEqual([expect.stringContaining("com.example.Mine")]);
});

test("idempotence follows the other settings unless it is asked for, as in Java", () => {
  const idempotent = (props: Record<string, string>) =>
    resolveProducerOptions(clientSettings({ ...SERVERS, ...props }, "producer").producer, CLIENT)
      .idempotent;
  expect(idempotent({})).toBe(true);
  expect(idempotent({ acks: "1" })).toBe(false);
  expect(idempotent({ retries: "0" })).toBe(false);
  expect(idempotent({ "max.in.flight.requests.per.connection": "6" })).toBe(false);
  expect(() => idempotent({ acks: "1", "enable.idempotence": "true" })).toThrow(/acks=all/);
  expect(() => idempotent({ acks: "0", "transactional.id": "t" })).toThrow(/transactional.id/);
});

test("what has no effect is named, what is irrelevant is not", () => {
  const { warnings } = clientSettings(
    {
      ...SERVERS,
      "interceptor.classes": "com.example.Interceptor",
      "send.buffer.bytes": "1000",
      "metadata.recovery.strategy": "REBOOTSTRAP",
      "client.dns.lookup": "use_all_dns_ips",
      "key.serializer": "org.apache.kafka.common.serialization.ByteArraySerializer",
      "metric.reporters": "com.example.Reporter",
      "sasl.mechanism": "PLAIN",
      "ssl.engine.factory.class": "com.example.Engine",
      "max.poll.records": "5",
      "linger.mss": "5",
      toString: "x",
    },
    "producer",
  );
  expect(warnings.map((warning) => /'([^']+)'/.exec(warning)?.[1])).toEqual([
    "max.poll.records",
    "linger.mss",
    "toString",
    "interceptor.classes",
    "send.buffer.bytes",
  ]);
});

test.each<[Record<string, string>, RegExp]>([
  [{ "bootstrap.servers": "" }, /^No resolvable bootstrap urls given in bootstrap.servers$/],
  [{ "bootstrap.servers": "localhost" }, /^Invalid url in bootstrap.servers: localhost/],
  [
    { ...SERVERS, "linger.ms": "soon" },
    /^Invalid value soon for configuration linger.ms: Not a number of type LONG$/,
  ],
  [{ ...SERVERS, "batch.size": "2147483648" }, /Not a number of type INT$/],
  [{ ...SERVERS, "batch.size": "1.5" }, /Not a number of type INT$/],
  [
    { ...SERVERS, "batch.size": "-1" },
    /^Invalid value -1 for configuration batch.size: Value must be at least 0$/,
  ],
  [
    { ...SERVERS, acks: "2" },
    /^Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1$/,
  ],
  [{ ...SERVERS, "enable.idempotence": "yes" }, /Expected value to be either true or false$/],
  [{ ...SERVERS, "transactional.id": "" }, /String must be non-empty$/],
  [{ ...SERVERS, "security.protocol": "TLS" }, /String must be one of \(case insensitive\): /],
  [{ ...SERVERS, "delivery.timeout.ms": "1000" }, /linger.ms \+ request.timeout.ms/],
])("%j is refused in Java's words", (props, message) => {
  expect(() => clientSettings(props, "producer")).toThrow(message);
});

test("bootstrap.servers has no default", () => {
  expect(() => clientSettings({}, "consumer")).toThrow(
    'Missing required configuration "bootstrap.servers" which has no default value.',
  );
});

test.each(["2 days", "P", "PT", "by_duration:", "by_duration:1D", "by_duration:PT1.5H"])(
  "auto.offset.reset=%s is refused",
  (text) => {
    expect(() => clientSettings({ ...SERVERS, "auto.offset.reset": text }, "consumer")).toThrow(
      /auto.offset.reset: The value must be either/,
    );
  },
);

const SASL = { ...SERVERS, "security.protocol": "sasl_ssl" };
const jaas = (module: string, options = 'username="alice" password="hush-hush"') =>
  `org.apache.kafka.common.security.${module} required ${options};`;

test("security settings become TLS and SASL options", () => {
  const { client } = clientSettings(
    {
      ...SASL,
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.jaas.config": jaas("scram.ScramLoginModule"),
    },
    "admin",
  );
  expect(client.sasl).toEqual({
    mechanism: "SCRAM-SHA-512",
    username: "alice",
    password: "hush-hush",
  });
  expect(client.tls).toEqual({ minVersion: "TLSv1.2" });
});

test.each<[Record<string, string>, RegExp]>([
  [{}, /sasl.mechanism: GSSAPI \(Kerberos, the default\).*PLAIN, SCRAM-SHA-256/],
  [{ "sasl.mechanism": "EXTERNAL" }, /sasl.mechanism: EXTERNAL/],
  [{ "sasl.mechanism": "PLAIN" }, /sasl.jaas.config: SASL needs it, with PlainLoginModule/],
  [
    { "sasl.mechanism": "PLAIN", "sasl.jaas.config": jaas("scram.ScramLoginModule") },
    /needs the login module PlainLoginModule/,
  ],
  [
    { "sasl.mechanism": "PLAIN", "sasl.jaas.config": jaas("plain.PlainLoginModule", "") },
    /options username and password/,
  ],
  [
    {
      "sasl.mechanism": "PLAIN",
      "sasl.jaas.config": jaas("plain.PlainLoginModule"),
      "sasl.client.callback.handler.class": "com.example.Handler",
    },
    /sasl.client.callback.handler.class/,
  ],
  [
    {
      "sasl.mechanism": "PLAIN",
      "sasl.jaas.config": jaas("plain.PlainLoginModule"),
      "ssl.engine.factory.class": "com.example.Engine",
    },
    /ssl.engine.factory.class/,
  ],
  [
    {
      "sasl.mechanism": "SCRAM-SHA-256",
      "sasl.jaas.config": jaas(
        "scram.ScramLoginModule",
        'username="a" password="b" tokenauth="true"',
      ),
    },
    /delegation tokens/,
  ],
])("a security setting that can't be honoured is an error: %j", (props, message) => {
  expect(() => clientSettings({ ...SASL, ...props }, "admin")).toThrow(message);
  expect(() => clientSettings({ ...SASL, ...props }, "admin")).not.toThrow(/hush-hush/);
});
