import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConnectClient } from "./connect-client.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

export interface ConnectWorkerOptions {
  readonly bootstrapServers: string;
  /** Added to the worker's properties, or put in the place of the ones below. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** Connector files, as on the command line. */
  readonly connectorFiles?: readonly string[];
  /** REST port. Default: a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker whose port, offsets and properties stay the same over stop, kill and start. */
export interface ConnectWorker extends OwnedServer {
  readonly url: string;
  readonly client: ConnectClient;
  /** A folder of its own, gone when the worker is closed. */
  readonly folder: string;
}

/**
 * Starts `connect-standalone` of this repository as a user would: the bin, with a
 * properties file. It has to be built. It ends with this process.
 *
 * @throws Error with the end of the log when it does not come up.
 */
export async function startConnectWorker(options: ConnectWorkerOptions): Promise<ConnectWorker> {
  const folder = makeRunFolder("connect");
  const port = options.port ?? (await reservePorts(1))[0]!;
  const url = `http://127.0.0.1:${port}`;
  const properties = {
    "bootstrap.servers": options.bootstrapServers,
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "offset.storage.file.filename": join(folder.path, "connect.offsets"),
    "offset.flush.interval.ms": 10_000,
    "plugin.path": join(REPOSITORY, "packages"),
    listeners: url,
    ...options.properties,
  };
  const file = join(folder.path, "worker.properties");
  await writeFile(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  const client = new ConnectClient(url);
  const command: ServerCommand = {
    name: `Connect worker on port ${port}`,
    command: join(REPOSITORY, "node_modules/.bin/connect-standalone"),
    args: [file, ...(options.connectorFiles ?? [])],
    cwd: folder.path,
    env: { ...process.env, ...options.env },
    logFile: folder.logFile("worker"),
    ready: () => isHealthy(client),
  };
  const server = new OwnedServer(command, folder, options.port === undefined ? [port] : []);
  await server.open();
  return Object.assign(server, { url, client, folder: folder.path });
}

async function isHealthy(client: ConnectClient): Promise<boolean> {
  try {
    return (await client.request("GET", "/health")).status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
