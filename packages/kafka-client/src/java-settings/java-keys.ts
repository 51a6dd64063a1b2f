/** Which Java client a setting is for. */
export type ClientRole = "producer" | "consumer" | "admin";

export interface JavaKey {
  readonly in: readonly ClientRole[];
  readonly type:
    | "string"
    | "int"
    | "long"
    | "short"
    | "double"
    | "boolean"
    | "list"
    | "class"
    | "password";
  /** Java's, as far as it is the same for all roles. */
  readonly default?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
  readonly ignoreCase?: boolean;
  readonly nonEmpty?: boolean;
  readonly use: KeyUse;
}

export type KeyUse =
  /** Does what it does in Java. */
  | "applied"
  /** Means nothing outside a Java process, or only what we do anyway. */
  | "irrelevant"
  /** Would change something in Java and changes nothing here: named in a warning. */
  | "unsupported"
  /** Would make the connection safer or different in Java: an error, never a warning. */
  | "refused";

const ALL = ["producer", "consumer", "admin"] as const;
const CLIENTS = ["producer", "consumer"] as const;
const READERS = ["consumer", "admin"] as const;
const WRITERS = ["producer", "admin"] as const;
const PRODUCER = ["producer"] as const;
const CONSUMER = ["consumer"] as const;
const ADMIN = ["admin"] as const;

/**
 * Every setting of Java's ProducerConfig, ConsumerConfig and AdminClientConfig 4.3.1, with type,
 * default and range, and what becomes of it here.
 */
export const JAVA_KEYS = {
  // of several clients
  "bootstrap.servers": { in: ALL, type: "list", use: "applied" },
  "client.dns.lookup": {
    in: ALL,
    type: "string",
    default: "use_all_dns_ips",
    oneOf: ["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"],
    use: "unsupported",
  },
  "client.id": { in: ALL, type: "string", default: "", use: "applied" },
  "config.providers": { in: ALL, type: "list", use: "irrelevant" },
  "connections.max.idle.ms": { in: ALL, type: "long", use: "applied" },
  "default.api.timeout.ms": { in: READERS, type: "int", default: 60000, min: 0, use: "applied" },
  "enable.metrics.push": { in: ALL, type: "boolean", use: "irrelevant" },
  "interceptor.classes": { in: CLIENTS, type: "list", use: "unsupported" },
  "metadata.max.age.ms": { in: ALL, type: "long", default: 300000, min: 0, use: "applied" },
  "metadata.recovery.rebootstrap.trigger.ms": {
    in: ALL,
    type: "long",
    default: 300000,
    min: 0,
    use: "irrelevant",
  },
  "metadata.recovery.strategy": {
    in: ALL,
    type: "string",
    default: "rebootstrap",
    oneOf: ["REBOOTSTRAP", "NONE"],
    ignoreCase: true,
    use: "unsupported",
  },
  "metric.reporters": {
    in: ALL,
    type: "list",
    default: "org.apache.kafka.common.metrics.JmxReporter",
    use: "irrelevant",
  },
  "metrics.num.samples": { in: ALL, type: "int", default: 2, min: 1, use: "irrelevant" },
  "metrics.recording.level": {
    in: ALL,
    type: "string",
    default: "INFO",
    oneOf: ["INFO", "DEBUG", "TRACE"],
    use: "irrelevant",
  },
  "metrics.sample.window.ms": { in: ALL, type: "long", default: 30000, min: 0, use: "irrelevant" },
  "receive.buffer.bytes": { in: ALL, type: "int", min: -1, use: "unsupported" },
  "reconnect.backoff.max.ms": { in: ALL, type: "long", default: 1000, min: 0, use: "applied" },
  "reconnect.backoff.ms": { in: ALL, type: "long", default: 50, min: 0, use: "applied" },
  "request.timeout.ms": { in: ALL, type: "int", default: 30000, min: 0, use: "applied" },
  retries: {
    in: WRITERS,
    type: "int",
    default: 2147483647,
    min: 0,
    max: 2147483647,
    use: "applied",
  },
  "retry.backoff.max.ms": { in: ALL, type: "long", default: 1000, min: 0, use: "applied" },
  "retry.backoff.ms": { in: ALL, type: "long", default: 100, min: 0, use: "applied" },
  "send.buffer.bytes": { in: ALL, type: "int", default: 131072, min: -1, use: "unsupported" },
  "socket.connection.setup.timeout.max.ms": {
    in: ALL,
    type: "long",
    default: 30000,
    use: "unsupported",
  },
  "socket.connection.setup.timeout.ms": { in: ALL, type: "long", default: 10000, use: "applied" },
  // producer
  acks: {
    in: PRODUCER,
    type: "string",
    default: "all",
    oneOf: ["all", "-1", "0", "1"],
    use: "applied",
  },
  "batch.size": { in: PRODUCER, type: "int", default: 16384, min: 0, use: "applied" },
  "buffer.memory": { in: PRODUCER, type: "long", default: 33554432, min: 0, use: "applied" },
  "compression.gzip.level": {
    in: PRODUCER,
    type: "int",
    default: -1,
    min: -1,
    max: 9,
    use: "applied",
  },
  "compression.lz4.level": {
    in: PRODUCER,
    type: "int",
    default: 9,
    min: 1,
    max: 17,
    use: "unsupported",
  },
  "compression.type": {
    in: PRODUCER,
    type: "string",
    default: "none",
    oneOf: ["none", "gzip", "snappy", "lz4", "zstd"],
    use: "applied",
  },
  "compression.zstd.level": {
    in: PRODUCER,
    type: "int",
    default: 3,
    min: -131072,
    max: 22,
    use: "applied",
  },
  "delivery.timeout.ms": { in: PRODUCER, type: "int", default: 120000, min: 0, use: "applied" },
  "enable.idempotence": { in: PRODUCER, type: "boolean", default: true, use: "applied" },
  "key.serializer": { in: PRODUCER, type: "class", use: "irrelevant" },
  "linger.ms": { in: PRODUCER, type: "long", default: 5, min: 0, use: "applied" },
  "max.block.ms": { in: PRODUCER, type: "long", default: 60000, min: 0, use: "applied" },
  "max.in.flight.requests.per.connection": {
    in: PRODUCER,
    type: "int",
    default: 5,
    min: 1,
    use: "applied",
  },
  "max.request.size": { in: PRODUCER, type: "int", default: 1048576, min: 0, use: "applied" },
  "metadata.max.idle.ms": {
    in: PRODUCER,
    type: "long",
    default: 300000,
    min: 5000,
    use: "irrelevant",
  },
  "partitioner.adaptive.partitioning.enable": {
    in: PRODUCER,
    type: "boolean",
    default: true,
    use: "unsupported",
  },
  "partitioner.availability.timeout.ms": {
    in: PRODUCER,
    type: "long",
    default: 0,
    min: 0,
    use: "unsupported",
  },
  "partitioner.class": { in: PRODUCER, type: "class", use: "unsupported" },
  "partitioner.ignore.keys": { in: PRODUCER, type: "boolean", default: false, use: "applied" },
  "transaction.timeout.ms": { in: PRODUCER, type: "int", default: 60000, use: "applied" },
  "transaction.two.phase.commit.enable": {
    in: PRODUCER,
    type: "boolean",
    default: false,
    use: "unsupported",
  },
  "transactional.id": { in: PRODUCER, type: "string", nonEmpty: true, use: "applied" },
  "value.serializer": { in: PRODUCER, type: "class", use: "irrelevant" },
  // consumer
  "allow.auto.create.topics": { in: CONSUMER, type: "boolean", default: true, use: "applied" },
  "auto.commit.interval.ms": {
    in: CONSUMER,
    type: "int",
    default: 5000,
    min: 0,
    use: "irrelevant",
  },
  "auto.offset.reset": { in: CONSUMER, type: "string", default: "latest", use: "applied" },
  "check.crcs": { in: CONSUMER, type: "boolean", default: true, use: "applied" },
  "client.rack": { in: CONSUMER, type: "string", default: "", use: "applied" },
  "enable.auto.commit": { in: CONSUMER, type: "boolean", default: true, use: "applied" },
  "exclude.internal.topics": { in: CONSUMER, type: "boolean", default: true, use: "applied" },
  "fetch.max.bytes": { in: CONSUMER, type: "int", default: 52428800, min: 0, use: "applied" },
  "fetch.max.wait.ms": { in: CONSUMER, type: "int", default: 500, min: 0, use: "applied" },
  "fetch.min.bytes": { in: CONSUMER, type: "int", default: 1, min: 0, use: "applied" },
  "group.id": { in: CONSUMER, type: "string", use: "applied" },
  "group.instance.id": { in: CONSUMER, type: "string", nonEmpty: true, use: "applied" },
  "group.protocol": {
    in: CONSUMER,
    type: "string",
    default: "classic",
    oneOf: ["CONSUMER", "CLASSIC"],
    ignoreCase: true,
    use: "unsupported",
  },
  "group.remote.assignor": { in: CONSUMER, type: "string", use: "unsupported" },
  "heartbeat.interval.ms": { in: CONSUMER, type: "int", default: 3000, use: "applied" },
  "internal.throw.on.fetch.stable.offset.unsupported": {
    in: CONSUMER,
    type: "boolean",
    default: false,
    use: "irrelevant",
  },
  "isolation.level": {
    in: CONSUMER,
    type: "string",
    default: "read_uncommitted",
    oneOf: ["read_committed", "read_uncommitted"],
    use: "applied",
  },
  "key.deserializer": { in: CONSUMER, type: "class", use: "irrelevant" },
  "max.partition.fetch.bytes": {
    in: CONSUMER,
    type: "int",
    default: 1048576,
    min: 0,
    use: "applied",
  },
  "max.poll.interval.ms": { in: CONSUMER, type: "int", default: 300000, min: 1, use: "applied" },
  "max.poll.records": { in: CONSUMER, type: "int", default: 500, min: 1, use: "applied" },
  "partition.assignment.strategy": {
    in: CONSUMER,
    type: "list",
    default:
      "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    use: "applied",
  },
  "session.timeout.ms": { in: CONSUMER, type: "int", default: 45000, use: "applied" },
  "share.acknowledgement.mode": {
    in: CONSUMER,
    type: "string",
    default: "implicit",
    oneOf: ["implicit", "explicit"],
    use: "irrelevant",
  },
  "share.acquire.mode": {
    in: CONSUMER,
    type: "string",
    default: "BATCH_OPTIMIZED",
    oneOf: ["batch_optimized", "record_limit"],
    use: "irrelevant",
  },
  "value.deserializer": { in: CONSUMER, type: "class", use: "irrelevant" },
  // admin
  "bootstrap.controllers": { in: ADMIN, type: "list", use: "unsupported" },
  // security
  "sasl.client.callback.handler.class": { in: ALL, type: "class", use: "refused" },
  "sasl.jaas.config": { in: ALL, type: "password", use: "applied" },
  "sasl.kerberos.kinit.cmd": {
    in: ALL,
    type: "string",
    default: "/usr/bin/kinit",
    use: "irrelevant",
  },
  "sasl.kerberos.min.time.before.relogin": {
    in: ALL,
    type: "long",
    default: 60000,
    use: "irrelevant",
  },
  "sasl.kerberos.service.name": { in: ALL, type: "string", use: "irrelevant" },
  "sasl.kerberos.ticket.renew.jitter": {
    in: ALL,
    type: "double",
    default: 0.05,
    use: "irrelevant",
  },
  "sasl.kerberos.ticket.renew.window.factor": {
    in: ALL,
    type: "double",
    default: 0.8,
    use: "irrelevant",
  },
  "sasl.login.callback.handler.class": { in: ALL, type: "class", use: "applied" },
  "sasl.login.class": { in: ALL, type: "class", use: "refused" },
  "sasl.login.connect.timeout.ms": { in: ALL, type: "int", use: "applied" },
  "sasl.login.read.timeout.ms": { in: ALL, type: "int", use: "applied" },
  "sasl.login.refresh.buffer.seconds": {
    in: ALL,
    type: "short",
    default: 300,
    min: 0,
    max: 3600,
    use: "irrelevant",
  },
  "sasl.login.refresh.min.period.seconds": {
    in: ALL,
    type: "short",
    default: 60,
    min: 0,
    max: 900,
    use: "irrelevant",
  },
  "sasl.login.refresh.window.factor": {
    in: ALL,
    type: "double",
    default: 0.8,
    min: 0.5,
    max: 1.0,
    use: "applied",
  },
  "sasl.login.refresh.window.jitter": {
    in: ALL,
    type: "double",
    default: 0.05,
    min: 0.0,
    max: 0.25,
    use: "irrelevant",
  },
  "sasl.login.retry.backoff.max.ms": { in: ALL, type: "long", default: 10000, use: "applied" },
  "sasl.login.retry.backoff.ms": { in: ALL, type: "long", default: 100, use: "applied" },
  "sasl.mechanism": { in: ALL, type: "string", default: "GSSAPI", use: "applied" },
  "sasl.oauthbearer.assertion.algorithm": {
    in: ALL,
    type: "string",
    default: "RS256",
    oneOf: ["ES256", "RS256"],
    ignoreCase: true,
    use: "refused",
  },
  "sasl.oauthbearer.assertion.claim.aud": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.assertion.claim.exp.seconds": {
    in: ALL,
    type: "int",
    default: 300,
    min: 0,
    max: 86400,
    use: "refused",
  },
  "sasl.oauthbearer.assertion.claim.iss": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.assertion.claim.jti.include": {
    in: ALL,
    type: "boolean",
    default: false,
    use: "refused",
  },
  "sasl.oauthbearer.assertion.claim.nbf.seconds": {
    in: ALL,
    type: "int",
    default: 60,
    min: 0,
    max: 3600,
    use: "refused",
  },
  "sasl.oauthbearer.assertion.claim.sub": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.assertion.file": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.assertion.private.key.file": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.assertion.private.key.passphrase": {
    in: ALL,
    type: "password",
    use: "refused",
  },
  "sasl.oauthbearer.assertion.template.file": { in: ALL, type: "string", use: "refused" },
  "sasl.oauthbearer.client.credentials.client.id": { in: ALL, type: "string", use: "applied" },
  "sasl.oauthbearer.client.credentials.client.secret": {
    in: ALL,
    type: "password",
    use: "applied",
  },
  "sasl.oauthbearer.clock.skew.seconds": { in: ALL, type: "int", default: 30, use: "irrelevant" },
  "sasl.oauthbearer.expected.audience": { in: ALL, type: "list", use: "irrelevant" },
  "sasl.oauthbearer.expected.issuer": { in: ALL, type: "string", use: "irrelevant" },
  "sasl.oauthbearer.header.urlencode": { in: ALL, type: "boolean", default: false, use: "applied" },
  "sasl.oauthbearer.jwks.endpoint.refresh.ms": {
    in: ALL,
    type: "long",
    default: 3600000,
    use: "irrelevant",
  },
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": {
    in: ALL,
    type: "long",
    default: 10000,
    use: "irrelevant",
  },
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms": {
    in: ALL,
    type: "long",
    default: 100,
    use: "irrelevant",
  },
  "sasl.oauthbearer.jwks.endpoint.url": { in: ALL, type: "string", use: "irrelevant" },
  "sasl.oauthbearer.jwt.retriever.class": {
    in: ALL,
    type: "class",
    default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
    use: "refused",
  },
  "sasl.oauthbearer.jwt.validator.class": {
    in: ALL,
    type: "class",
    default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
    use: "refused",
  },
  "sasl.oauthbearer.scope": { in: ALL, type: "string", use: "applied" },
  "sasl.oauthbearer.scope.claim.name": {
    in: ALL,
    type: "string",
    default: "scope",
    use: "irrelevant",
  },
  "sasl.oauthbearer.sub.claim.name": { in: ALL, type: "string", default: "sub", use: "irrelevant" },
  "sasl.oauthbearer.token.endpoint.url": { in: ALL, type: "string", use: "applied" },
  "security.protocol": {
    in: ALL,
    type: "string",
    default: "PLAINTEXT",
    oneOf: ["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"],
    ignoreCase: true,
    use: "applied",
  },
  "security.providers": { in: ALL, type: "string", use: "refused" },
  "ssl.cipher.suites": { in: ALL, type: "list", use: "applied" },
  "ssl.enabled.protocols": { in: ALL, type: "list", default: "TLSv1.2,TLSv1.3", use: "applied" },
  "ssl.endpoint.identification.algorithm": {
    in: ALL,
    type: "string",
    default: "https",
    use: "applied",
  },
  "ssl.engine.factory.class": { in: ALL, type: "class", use: "refused" },
  "ssl.key.password": { in: ALL, type: "password", use: "applied" },
  "ssl.keymanager.algorithm": { in: ALL, type: "string", default: "SunX509", use: "refused" },
  "ssl.keystore.certificate.chain": { in: ALL, type: "password", use: "applied" },
  "ssl.keystore.key": { in: ALL, type: "password", use: "applied" },
  "ssl.keystore.location": { in: ALL, type: "string", use: "applied" },
  "ssl.keystore.password": { in: ALL, type: "password", use: "applied" },
  "ssl.keystore.type": { in: ALL, type: "string", default: "JKS", use: "applied" },
  "ssl.protocol": { in: ALL, type: "string", default: "TLSv1.3", use: "irrelevant" },
  "ssl.provider": { in: ALL, type: "string", use: "refused" },
  "ssl.secure.random.implementation": { in: ALL, type: "string", use: "refused" },
  "ssl.trustmanager.algorithm": { in: ALL, type: "string", default: "PKIX", use: "refused" },
  "ssl.truststore.certificates": { in: ALL, type: "password", use: "applied" },
  "ssl.truststore.location": { in: ALL, type: "string", use: "applied" },
  "ssl.truststore.password": { in: ALL, type: "password", use: "applied" },
  "ssl.truststore.type": { in: ALL, type: "string", default: "JKS", use: "applied" },
} as const satisfies Record<string, JavaKey>;

export type JavaKeyName = keyof typeof JAVA_KEYS;
