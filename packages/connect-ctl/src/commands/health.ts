import type { Command } from "commander";
import type { ConnectClient } from "../client/connect-client.ts";
import { RefusedError, UnreachableError } from "../client/errors.ts";
import { reasonOf, type Worker, workersOf } from "../client/workers.ts";
import { EXIT } from "../exit-codes.ts";
import { table } from "../output/table.ts";
import { type Cli, inSession } from "../session.ts";

interface WorkerState {
  readonly url: string;
  readonly status: string;
  readonly message: string;
}

export function addHealth(program: Command, cli: Cli): void {
  program
    .command("health")
    .description("asks every worker that has an address here whether it does its work")
    .action(
      inSession(cli, async (session) => {
        const { client, terminal } = session;
        const workers = await Promise.all(workersOf(client.http, terminal.signal).map(workerState));
        const rows = workers.map(({ url, status, message }) => [url, status, message]);
        session.print(workers, () => table(["WORKER", "HEALTH", "MESSAGE"], rows));
        if (workers.every(({ status }) => status === "unreachable")) {
          session.endWith(EXIT.unreachable);
        }
        if (workers.some(({ status }) => status !== "healthy")) session.endWith(EXIT.failed);
      }),
    );
}

async function workerState(worker: Worker): Promise<WorkerState> {
  const { url, client } = worker;
  try {
    const { status, message } = await healthOf(client);
    return { url, status, message };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return { url, status: "unreachable", message: reasonOf(worker, error) };
  }
}

async function healthOf(worker: ConnectClient): Promise<{ status: string; message: string }> {
  try {
    return await worker.health();
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    // Before Kafka 3.9 there is no such question: that it lists connectors must do.
    await worker.names();
    return { status: "healthy", message: "It answers; it is too old to tell more." };
  }
}
