import type { Certificates } from "./certificates.ts";

/** SASL mechanisms a listener can offer. */
export type SaslMechanism = "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" | "OAUTHBEARER";

/** A listener beside the plain one that every broker has. */
export interface KafkaListener {
  /** TLS with a certificate made for the cluster; `client-certificate` also asks for the client's. */
  readonly tls?: boolean | "client-certificate";
  /** Who does not log in by one of these is refused. OAUTHBEARER takes unsigned tokens. */
  readonly sasl?: readonly SaslMechanism[];
}

export interface BrokerPlan {
  readonly id: number;
  /** Listener name to port; holds PLAINTEXT and CONTROLLER. */
  readonly ports: ReadonlyMap<string, number>;
  readonly dataFolder: string;
}

export interface ClusterPlan {
  readonly brokers: readonly BrokerPlan[];
  readonly listeners: Readonly<Record<string, KafkaListener>>;
  /** Name to password, for PLAIN and SCRAM. */
  readonly users: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  /** Where a listener uses TLS. */
  readonly certificates: Certificates | undefined;
}

export const HOST = "127.0.0.1";
const LOGIN_MODULES = "org.apache.kafka.common.security";

/** The text of server.properties for one broker that is also a controller. */
export function serverProperties(broker: BrokerPlan, cluster: ClusterPlan): string {
  const lines = Object.entries({
    ...identity(broker, cluster),
    ...smallCluster(cluster.brokers.length),
    ...Object.assign(
      {},
      ...Object.entries(cluster.listeners).map((entry) => listener(entry, cluster)),
    ),
    ...cluster.properties,
  }).map(([key, value]) => `${key}=${escapeValue(String(value))}`);
  return `${lines.join("\n")}\n`;
}

function identity(broker: BrokerPlan, { brokers, listeners }: ClusterPlan) {
  const addresses = [...broker.ports].map(([name, port]) => `${name}://${HOST}:${port}`);
  const voters = brokers.map(({ id, ports }) => `${id}@${HOST}:${ports.get("CONTROLLER")}`);
  const protocols = Object.entries(listeners).map(
    ([name, settings]) => `${name}:${securityProtocol(settings)}`,
  );
  return {
    "process.roles": "broker,controller",
    "node.id": broker.id,
    "controller.quorum.voters": voters.join(","),
    listeners: addresses.join(","),
    "advertised.listeners": addresses.filter((one) => !one.startsWith("CONTROLLER:")).join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      "PLAINTEXT:PLAINTEXT",
      ...protocols,
    ].join(","),
    "log.dirs": broker.dataFolder,
  };
}

/** The same one-broker cluster, as the environment of the `apache/kafka` image. */
export function containerEnvironment(address: string): Record<string, string> {
  const properties = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": "1@localhost:9093",
    listeners: "PLAINTEXT://:9092,CONTROLLER://:9093",
    "advertised.listeners": `PLAINTEXT://${address}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    ...smallCluster(1),
  };
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      `KAFKA_${key.toUpperCase().replaceAll(".", "_")}`,
      String(value),
    ]),
  );
}

/** What a production cluster sets otherwise, since it is larger and patient. */
function smallCluster(brokers: number) {
  const replicas = Math.min(3, brokers);
  const inSync = replicas > 1 ? 2 : 1;
  return {
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 5,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 5,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": 5,
    "group.initial.rebalance.delay.ms": 0,
    // After a crash the cluster waits this long for the lost broker, and refuses
    // the same broker's new start until then. Kafka's own default is 9 s.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    // The default takes half of a small heap at once.
    "log.cleaner.dedupe.buffer.size": 8_388_608,
  };
}

function securityProtocol({ tls, sasl }: KafkaListener): string {
  if (sasl !== undefined) return usesTls(tls) ? "SASL_SSL" : "SASL_PLAINTEXT";
  return usesTls(tls) ? "SSL" : "PLAINTEXT";
}

export const usesTls = (tls: KafkaListener["tls"]): boolean => tls !== undefined && tls !== false;

function listener([name, { tls, sasl }]: [string, KafkaListener], cluster: ClusterPlan) {
  const prefix = `listener.name.${name.toLowerCase()}`;
  const properties: Record<string, string> = {};
  if (usesTls(tls) && cluster.certificates !== undefined) {
    const { server, forClients } = cluster.certificates;
    properties[`${prefix}.ssl.keystore.type`] = "PEM";
    properties[`${prefix}.ssl.keystore.certificate.chain`] = server.certificate;
    properties[`${prefix}.ssl.keystore.key`] = server.key;
    properties[`${prefix}.ssl.truststore.type`] = "PEM";
    properties[`${prefix}.ssl.truststore.certificates`] = forClients.ca;
    properties[`${prefix}.ssl.client.auth`] = tls === "client-certificate" ? "required" : "none";
  }
  if (sasl !== undefined) properties[`${prefix}.sasl.enabled.mechanisms`] = sasl.join(",");
  for (const mechanism of sasl ?? []) {
    properties[`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`] = loginModule(
      mechanism,
      cluster.users,
    );
  }
  return properties;
}

function loginModule(mechanism: SaslMechanism, users: ClusterPlan["users"]): string {
  switch (mechanism) {
    case "PLAIN": {
      const accounts = Object.entries(users).map(
        ([name, password]) => `user_${name}="${password.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
      );
      return `${LOGIN_MODULES}.plain.PlainLoginModule required ${accounts.join(" ")};`;
    }
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512":
      return `${LOGIN_MODULES}.scram.ScramLoginModule required;`;
    case "OAUTHBEARER":
      return `${LOGIN_MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`;
  }
}

/** As java.util.Properties reads it: a backslash starts an escape. */
function escapeValue(value: string): string {
  return value.replaceAll("\\", String.raw`\\`).replaceAll("\n", String.raw`\n`);
}
