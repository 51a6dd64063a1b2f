import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCertificates, type ClientTls } from "./certificates.ts";
import { QUICK_START, type JavaProgram } from "./java-program.ts";
import { installKafka, UNDER_LOAD } from "./kafka-install.ts";
import {
  containerEnvironment,
  HOST,
  serverProperties,
  usesTls,
  type BrokerPlan,
  type ClusterPlan,
  type KafkaListener,
} from "./kafka-properties.ts";
import { releasePorts, reservePorts } from "./ports.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { makeRunFolder, type RunFolder } from "./run-folder.ts";
import { ServerProcess } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";

export const KAFKA_VERSION = "4.3.1";

export interface KafkaOptions {
  /** Default 4.3.1. */
  readonly version?: string;
  /** How many brokers, each of them a controller too. Default 1. */
  readonly brokers?: number;
  /** Added to every broker's server.properties. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** Listeners by name, beside PLAINTEXT, which every broker has. */
  readonly listeners?: Readonly<Record<string, KafkaListener>>;
  /** Names and passwords for PLAIN and SCRAM. */
  readonly users?: Readonly<Record<string, string>>;
  /** Java heap of each broker in MiB. Default 256. */
  readonly heapMb?: number;
  /** What the JVM is tuned for: to be up soon, as tests want it, or to carry load. Default: start. */
  readonly tuning?: "start" | "load";
  /** The port of the first broker's plain listener if it is free. Default: any free one. */
  readonly preferredPort?: number;
}

export interface Kafka extends AsyncDisposable {
  /** The plain listeners: `127.0.0.1:22001`, or several with commas. */
  readonly bootstrapServers: string;
  readonly brokers: readonly KafkaBroker[];
  /** As `bootstrapServers`, of another listener. */
  bootstrapServersOf(listener: string): string;
  /** Holds the brokers' data and settings. */
  readonly folder: string;
  /** For listeners with TLS; undefined when there is none. */
  readonly tls: ClientTls | undefined;
  /** Lets the cluster run on when this process ends. */
  letGo(): Promise<void>;
  /** Ends all brokers at once and removes their data; `await using` does it. */
  close(): Promise<void>;
}

/** One broker. Its ports and data stay the same over stop, kill and start. */
export interface KafkaBroker extends ServerProcess {
  readonly id: number;
  /** Host and port of the plain listener. */
  readonly address: string;
  readonly dataFolder: string;
}

/**
 * Starts a Kafka cluster of its own, on free loopback ports with an empty data
 * folder. It ends with this process, however that ends.
 *
 * @throws Error that says what is missing (Java, Maven), or with the end of a
 *   broker's log.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  return await launch(await install(options.version), options);
}

function install(version = KAFKA_VERSION): Promise<JavaProgram> {
  return installKafka(version, async (archiving) => {
    const progress = startProgress(`Preparing Kafka ${version} for quick starts`);
    await archiveClasses(archiving);
    progress.done();
  });
}

/** Runs a broker once, for the JVM to note down the classes it loads. */
async function archiveClasses(installation: JavaProgram): Promise<void> {
  const kafka = await launch(installation, {});
  await kafka.brokers[0]?.stop();
  await kafka.close();
}

async function launch(installation: JavaProgram, options: KafkaOptions): Promise<Kafka> {
  const folder = makeRunFolder("kafka");
  const cluster = await planCluster(folder, options);
  const clusterId = randomBytes(16).toString("base64url");
  const servers = await Promise.all(
    cluster.brokers.map((broker) =>
      format(broker, cluster, clusterId, folder, installation, options),
    ),
  );
  const ports = cluster.brokers.flatMap((broker) => [...broker.ports.values()]);
  const close = async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await folder.remove();
    await releasePorts(ports);
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return toKafka(cluster, servers, folder, close);
}

async function planCluster(folder: RunFolder, options: KafkaOptions): Promise<ClusterPlan> {
  const listeners = options.listeners ?? {};
  const names = ["PLAINTEXT", ...Object.keys(listeners), "CONTROLLER"];
  const brokers: BrokerPlan[] = [];
  for (let id = 1; id <= (options.brokers ?? 1); id++) {
    const ports = await reservePorts(names.length, id === 1 ? options.preferredPort : undefined);
    brokers.push({
      id,
      ports: new Map(names.map((name, index) => [name, ports[index] as number])),
      dataFolder: join(folder.path, `broker-${id}`),
    });
  }
  return {
    brokers,
    listeners,
    users: options.users ?? {},
    properties: options.properties ?? {},
    certificates: Object.values(listeners).some(({ tls }) => usesTls(tls))
      ? await makeCertificates(folder.path)
      : undefined,
  };
}

async function format(
  broker: BrokerPlan,
  cluster: ClusterPlan,
  clusterId: string,
  folder: RunFolder,
  { java, jvmArgs }: JavaProgram,
  { heapMb = 256, tuning = "start" }: KafkaOptions,
): Promise<ServerProcess> {
  const config = join(folder.path, `broker-${broker.id}.properties`);
  await mkdir(broker.dataFolder, { recursive: true });
  await writeFile(config, serverProperties(broker, cluster), { mode: 0o600 });
  const args = [
    // Making a class-data archive is for the broker that follows.
    ...QUICK_START,
    ...jvmArgs.filter((arg) => !arg.startsWith("-XX:ArchiveClassesAtExit")),
    "kafka.tools.StorageTool",
    "format",
    `--cluster-id=${clusterId}`,
    `--config=${config}`,
    ...scramUsers(cluster),
  ];
  await runCommand(java, args, { what: `formatting the data folder of Kafka broker ${broker.id}` });
  return new ServerProcess({
    name: `Kafka broker ${broker.id}`,
    command: java,
    args: [
      `-Xmx${heapMb}m`,
      ...(tuning === "start" ? QUICK_START : UNDER_LOAD),
      ...jvmArgs,
      "kafka.Kafka",
      config,
    ],
    cwd: folder.path,
    logFile: folder.logFile(`broker-${broker.id}`),
    ready: (log) => log.includes("Kafka Server started"),
  });
}

/** SCRAM passwords live in the cluster's metadata: they come in with its format. */
function scramUsers({ listeners, users }: ClusterPlan): string[] {
  const offered = new Set(Object.values(listeners).flatMap(({ sasl }) => sasl ?? []));
  return [...offered]
    .filter((mechanism) => mechanism.startsWith("SCRAM-"))
    .flatMap((mechanism) =>
      Object.entries(users).flatMap(([name, password]) => [
        "--add-scram",
        `${mechanism}=[name="${name}",password="${password}"]`,
      ]),
    );
}

function toKafka(
  cluster: ClusterPlan,
  servers: readonly ServerProcess[],
  folder: RunFolder,
  close: () => Promise<void>,
): Kafka {
  const bootstrapServersOf = (listener: string) => {
    const ports = cluster.brokers.map((broker) => broker.ports.get(listener));
    if (ports.includes(undefined)) throw new Error(`The brokers have no listener ${listener}.`);
    return ports.map((port) => `${HOST}:${port}`).join(",");
  };
  const brokers = servers.map((server, index): KafkaBroker => {
    const { id, dataFolder, ports } = cluster.brokers[index] as BrokerPlan;
    return Object.assign(server, { id, dataFolder, address: `${HOST}:${ports.get("PLAINTEXT")}` });
  });
  return {
    bootstrapServers: bootstrapServersOf("PLAINTEXT"),
    brokers,
    bootstrapServersOf,
    folder: folder.path,
    tls: cluster.certificates?.forClients,
    async letGo() {
      for (const server of servers) server.letGo();
      await folder.letGo();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export const kafkaService: ServiceDefinition = {
  variable: "KAFKA_BOOTSTRAP_SERVERS",
  usualPort: 9092,
  container: ({ host, port }) => ({
    image: `apache/kafka:${KAFKA_VERSION}`,
    port: 9092,
    environment: containerEnvironment(`${host}:${port}`),
    ready: { line: /Kafka Server started/, times: 1 },
    address: `${host}:${port}`,
  }),
  install: () => install(),
  async startProcess(preferredPort) {
    const kafka = await startKafka(preferredPort === undefined ? {} : { preferredPort });
    return {
      origin: "process",
      address: kafka.bootstrapServers,
      pids: kafka.brokers.flatMap(({ pid }) => pid ?? []),
      logFiles: kafka.brokers.map(({ logFile }) => logFile),
      folder: kafka.folder,
      container: undefined,
      letGo: () => kafka.letGo(),
      close: () => kafka.close(),
    };
  },
};
