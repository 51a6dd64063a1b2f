import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openWorker, type ConnectWorker, type DistributedWorkerOptions } from "./connect-worker.ts";
import { findJava } from "./java.ts";
import {
  classPathOf,
  installJavaProgram,
  QUICK_START,
  type JavaProgram,
  type JavaProgramSource,
} from "./java-program.ts";
import { KAFKA_VERSION, startKafka } from "./kafka.ts";
import { jarFromMaven } from "./maven.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { commonProperties, groupProperties } from "./worker-properties.ts";

const MAIN = "org.apache.kafka.connect.cli.ConnectDistributed";
const PARTS = ["connect-runtime", "connect-json", "connect-transforms", "connect-mirror"];
const CONNECT: JavaProgramSource = {
  name: `connect-${KAFKA_VERSION}`,
  artifacts: PARTS.map((part) => `org.apache.kafka:${part}:${KAFKA_VERSION}`),
  loggers: { "org.apache.kafka.connect.runtime.distributed": "info" },
};

export interface JavaConnectOptions extends DistributedWorkerOptions {
  /** Java heap in MiB. Default 512. */
  readonly heapMb?: number;
}

/**
 * Starts Java Connect's distributed worker with the file connectors, for what has to be
 * seen side by side or taken over. It is fetched through Maven the first time, and ends
 * with this process. As `startDistributedWorker`, it is up when it answers.
 *
 * @throws Error that says what is missing (Java, Maven), or with the end of the log.
 */
export async function startJavaConnect(options: JavaConnectOptions): Promise<ConnectWorker> {
  return await launch(await installJavaProgram(CONNECT, archiveClasses), options);
}

/**
 * Compiles one Java source file against Connect's classes into a folder, which can then
 * be one of a worker's `plugins`.
 *
 * @throws Error when there is only a runtime and no compiler, or with the compiler's complaint
 */
export async function compileJavaPlugin(source: string, folder: string): Promise<void> {
  const { home } = await findJava();
  const compiler = join(home, "bin", "javac");
  if (!existsSync(compiler)) {
    throw new Error(`${source} has to be compiled, and there is no ${compiler}: install a JDK.`);
  }
  const args = ["-cp", await classPathOf(CONNECT), "-d", folder, source];
  await runCommand(compiler, args, { what: `compiling ${source}` });
}

/** Runs a worker once, for the JVM to note down the classes it loads. */
async function archiveClasses(program: JavaProgram): Promise<void> {
  const progress = startProgress(`Preparing Java Connect ${KAFKA_VERSION} for quick starts`);
  await using kafka = await startKafka();
  await using worker = await launch(program, {
    bootstrapServers: kafka.bootstrapServers,
    groupId: `archive-${randomUUID()}`,
  });
  await worker.stop();
  progress.done();
}

async function launch(program: JavaProgram, options: JavaConnectOptions): Promise<ConnectWorker> {
  const { bootstrapServers, groupId, heapMb = 512, plugins = [] } = options;
  const files = await jarFromMaven(
    `connect-file-${KAFKA_VERSION}`,
    `org.apache.kafka:connect-file:${KAFKA_VERSION}`,
  );
  return await openWorker({
    name: "Java Connect worker",
    command: program.java,
    args: (file) => [`-Xmx${heapMb}m`, ...QUICK_START, ...program.jvmArgs, MAIN, file],
    properties: (url) => ({
      ...commonProperties(bootstrapServers, url),
      ...groupProperties(groupId),
      "plugin.path": [files, ...plugins].join(","),
      ...options.properties,
    }),
    port: options.port,
    env: options.env,
    readyPath: "/",
  });
}
