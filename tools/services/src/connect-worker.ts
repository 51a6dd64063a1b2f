import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConnectClient } from "./connect-client.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import {
  commonProperties,
  groupProperties,
  writeProperties,
  type WorkerProperties,
} from "./worker-properties.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

export interface ConnectWorkerOptions {
  readonly bootstrapServers: string;
  /** Another `connect-standalone` than this repository's. */
  readonly command?: string;
  /** Added to the worker's properties, or put in the place of the ones that tests have. */
  readonly properties?: WorkerProperties;
  /** Connector files, as on the command line. */
  readonly connectorFiles?: readonly string[];
  /** REST port. Default: a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface DistributedWorkerOptions {
  readonly bootstrapServers: string;
  /** Names the group and its topics: workers with the same one share their connectors. */
  readonly groupId: string;
  /** Added to the worker's properties, or put in the place of the ones that tests have. */
  readonly properties?: WorkerProperties;
  /** Folders of plugins beside those that the worker has by itself. */
  readonly plugins?: readonly string[];
  /** REST port. Default: a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker whose port, folder and properties stay the same over stop, kill and start. */
export interface ConnectWorker extends OwnedServer {
  readonly url: string;
  readonly client: ConnectClient;
  /** A folder of its own, gone when the worker is closed. */
  readonly folder: string;
}

/** How a worker of one kind is run. */
export interface WorkerPlan {
  /** For messages: "Connect worker". */
  readonly name: string;
  readonly command: string;
  /** Arguments around the path of the properties file. */
  readonly args: (propertiesFile: string) => readonly string[];
  /** Of a worker with this URL and folder. */
  readonly properties: (url: string, folder: string) => WorkerProperties;
  readonly port: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** A path of the REST API that answers 200 once the worker is up. */
  readonly readyPath: string;
}

/**
 * Starts `connect-standalone` of this repository as a user would: the bin, with a
 * properties file. It has to be built. It ends with this process.
 *
 * @throws Error with the end of the log when it does not come up.
 */
export function startConnectWorker(options: ConnectWorkerOptions): Promise<ConnectWorker> {
  return openWorker({
    name: "Connect worker",
    command: options.command ?? join(REPOSITORY, "node_modules/.bin/connect-standalone"),
    args: (file) => [file, ...(options.connectorFiles ?? [])],
    properties: (url, folder) => ({
      ...commonProperties(options.bootstrapServers, url),
      "offset.storage.file.filename": join(folder, "connect.offsets"),
      "plugin.path": join(REPOSITORY, "packages"),
      ...options.properties,
    }),
    port: options.port,
    env: options.env,
    readyPath: "/health",
  });
}

/**
 * Starts `connect-distributed` of this repository, as `startConnectWorker` does the
 * standalone one. It is up when it answers, which is before it has joined its group.
 *
 * @throws Error with the end of the log when it does not come up.
 */
export function startDistributedWorker(options: DistributedWorkerOptions): Promise<ConnectWorker> {
  return openWorker({
    name: "Distributed Connect worker",
    command: join(REPOSITORY, "node_modules/.bin/connect-distributed"),
    args: (file) => [file],
    properties: (url) => ({
      ...commonProperties(options.bootstrapServers, url),
      ...groupProperties(options.groupId),
      "plugin.path": [join(REPOSITORY, "packages"), ...(options.plugins ?? [])].join(","),
      ...options.properties,
    }),
    port: options.port,
    env: options.env,
    readyPath: "/",
  });
}

/** Starts a worker of any kind. @throws Error with the end of the log when it does not come up */
export async function openWorker(plan: WorkerPlan): Promise<ConnectWorker> {
  const folder = makeRunFolder("connect");
  const port = plan.port ?? (await reservePorts(1))[0]!;
  const url = `http://127.0.0.1:${port}`;
  const file = await writeProperties(folder.path, plan.properties(url, folder.path));
  const client = new ConnectClient(url);
  const server = new OwnedServer(
    {
      name: `${plan.name} on port ${port}`,
      command: plan.command,
      args: plan.args(file),
      cwd: folder.path,
      env: { ...process.env, ...plan.env },
      logFile: folder.logFile("worker"),
      ready: () => answers(client, plan.readyPath),
    },
    folder,
    plan.port === undefined ? [port] : [],
  );
  await server.open();
  return Object.assign(server, { url, client, folder: folder.path });
}

async function answers(client: ConnectClient, path: string): Promise<boolean> {
  try {
    return (await client.request("GET", path)).status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
