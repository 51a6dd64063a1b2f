import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findJava } from "@millrace/services";
import type { Peer } from "./peer.ts";
import { bin, ourMode, type WorkerMode } from "./places.ts";

/** A is ours, B is the Java worker. */
export type WorkerKind = "ours" | "java";

export interface WorkerSetup {
  readonly kind: WorkerKind;
  readonly peer: Peer;
  readonly bootstrapServers: string;
  readonly pluginPath: readonly string[];
  /** Default: distributed, where there is a choice. */
  readonly mode?: WorkerMode;
  /** Names the group and its topics. */
  readonly group: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface WorkerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** As bin/connect-distributed.sh of the Kafka distribution starts it. */
const JVM_OPTIONS = [
  "-Xms256M",
  "-Xmx2G",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-Djava.awt.headless=true",
];

const LOG_CONFIG = `Configuration:
  Appenders:
    Console: { name: STDOUT, PatternLayout: { pattern: "[%d] %p %X{connector.context}%m (%c:%L)%n" } }
  Loggers:
    Root: { level: INFO, AppenderRef: [ { ref: STDOUT } ] }
`;

const MAIN_CLASS: Readonly<Record<WorkerMode, string>> = {
  distributed: "org.apache.kafka.connect.cli.ConnectDistributed",
  standalone: "org.apache.kafka.connect.cli.ConnectStandalone",
};

/** Writes what the worker reads into a folder, and says how it is started. */
export async function workerCommand(
  setup: WorkerSetup,
  folder: string,
  port: number,
): Promise<WorkerCommand> {
  mkdirSync(folder, { recursive: true });
  const mode = setup.mode ?? (setup.kind === "ours" ? ourMode() : "distributed");
  const file = join(folder, "worker.properties");
  writeFileSync(file, propertiesText(workerProperties(setup, mode, folder, port)));
  const env = { ...process.env, ...setup.env };
  if (setup.kind === "ours") return { command: bin(mode), args: [file], env };
  const logging = join(folder, "log4j2.yaml");
  writeFileSync(logging, LOG_CONFIG);
  const { command } = await findJava();
  const classPath = join(setup.peer.libs, "*");
  const args = [
    ...JVM_OPTIONS,
    `-Dlog4j2.configurationFile=${logging}`,
    "-cp",
    classPath,
    MAIN_CLASS[mode],
    file,
  ];
  return { command, args, env };
}

/** The same for both workers. */
export function workerProperties(
  { bootstrapServers, pluginPath, group, properties }: WorkerSetup,
  mode: WorkerMode,
  folder: string,
  port: number,
): Record<string, string> {
  const json = "org.apache.kafka.connect.json.JsonConverter";
  return {
    "bootstrap.servers": bootstrapServers,
    "key.converter": json,
    "value.converter": json,
    "offset.flush.interval.ms": "10000",
    listeners: `http://127.0.0.1:${port}`,
    "rest.advertised.host.name": "127.0.0.1",
    "rest.advertised.port": String(port),
    "plugin.path": pluginPath.join(","),
    ...(mode === "standalone"
      ? { "offset.storage.file.filename": join(folder, "offsets") }
      : {
          "group.id": group,
          "offset.storage.topic": `${group}-offsets`,
          "offset.storage.replication.factor": "1",
          "config.storage.topic": `${group}-configs`,
          "config.storage.replication.factor": "1",
          "status.storage.topic": `${group}-status`,
          "status.storage.replication.factor": "1",
        }),
    ...properties,
  };
}

function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}
