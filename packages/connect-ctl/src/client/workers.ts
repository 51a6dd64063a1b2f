import { ConnectClient } from "./connect-client.ts";
import { isOfWorker } from "./errors.ts";
import { HttpClient } from "./http.ts";

/** One worker of a cluster, which alone is asked. */
export interface Worker {
  readonly url: string;
  /** Host, port, and the path where there is one. */
  readonly name: string;
  readonly client: ConnectClient;
}

/** What came of asking each of several workers. */
export interface Asked<T> {
  readonly answers: readonly (readonly [worker: Worker, answer: T])[];
  /** Those that do not offer it. */
  readonly without: readonly Worker[];
  readonly failures: readonly (readonly [worker: Worker, error: Error])[];
}

/**
 * The workers of a cluster whose addresses are known.
 * @param signal ends everything that is under way
 */
export function workersOf({ endpoint }: HttpClient, signal: AbortSignal): Worker[] {
  return endpoint.urls.map((url) => ({
    url,
    name: url.replace(/^https?:\/\//, ""),
    client: new ConnectClient(new HttpClient({ ...endpoint, urls: [url] }), { signal }),
  }));
}

/**
 * Asks all of them at the same time.
 * @param ask answers undefined where the worker does not offer it
 * @throws {RefusedError|UnreachableError} the first worker's, when all have failed
 */
export async function askAll<T>(
  workers: readonly Worker[],
  ask: (client: ConnectClient) => Promise<T | undefined>,
): Promise<Asked<T>> {
  const answers: [Worker, T][] = [];
  const without: Worker[] = [];
  const failures: [Worker, Error][] = [];
  const outcomes = await Promise.all(
    workers.map(async (worker) => {
      try {
        return { worker, answer: await ask(worker.client) };
      } catch (error) {
        if (isOfWorker(error)) return { worker, error };
        throw error;
      }
    }),
  );
  for (const { worker, answer, error } of outcomes) {
    if (error !== undefined) failures.push([worker, error]);
    else if (answer === undefined) without.push(worker);
    else answers.push([worker, answer]);
  }
  const [failure] = failures;
  if (failure !== undefined && failures.length === workers.length) throw failure[1];
  return { answers, without, failures };
}

/** Why one worker has not answered, without its address, which stands beside it. */
export function reasonOf({ url }: Worker, { message }: Error): string {
  return message.split("\n").at(-1)!.trim().replace(`${url}: `, "");
}
