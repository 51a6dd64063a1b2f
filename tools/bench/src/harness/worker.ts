import { randomBytes } from "node:crypto";
import { ConnectClient, makeRunFolder, OwnedServer, reservePorts } from "@millrace/services";
import { workerCommand, type WorkerSetup } from "./worker-command.ts";

/** A worker that runs: ours or the Java one. It ends with this process. */
export interface Worker extends OwnedServer {
  readonly url: string;
  readonly client: ConnectClient;
  /** Its own; gone when it is closed. */
  readonly folder: string;
}

/**
 * Starts a worker with nothing in it: a group, topics and offsets of its own.
 * @throws Error with the end of its log when it does not come up
 */
export async function startWorker(setup: Omit<WorkerSetup, "group">): Promise<Worker> {
  const folder = makeRunFolder(`bench-${setup.kind}`);
  const [port] = (await reservePorts(1)) as [number];
  const group = `bench-${randomBytes(4).toString("hex")}`;
  const { command, args, env } = await workerCommand({ ...setup, group }, folder.path, port);
  const url = `http://127.0.0.1:${port}`;
  const client = new ConnectClient(url);
  const server = new OwnedServer(
    {
      name: `${setup.kind === "ours" ? "Our" : "The Java"} worker`,
      command,
      args,
      cwd: folder.path,
      env,
      logFile: folder.logFile("worker"),
      ready: () => answers(client),
    },
    folder,
    [port],
  );
  await server.open();
  return Object.assign(server, { url, client, folder: folder.path });
}

/** `GET /` answers earlier; a list of connectors needs a worker that has joined its group. */
async function answers(client: ConnectClient): Promise<boolean> {
  try {
    return (await client.request("GET", "/connectors")).status === 200;
  } catch {
    return false; // nobody listens yet
  }
}
