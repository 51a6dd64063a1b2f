import { randomUUID } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectAnswer,
  type ConnectWorker,
  type ConnectWorkerOptions,
  startConnectWorker,
} from "@millrace/services";

const STRINGS = "org.apache.kafka.connect.storage.StringConverter";
/** Far below what a worker that waits for a plugin would take, far above a busy machine's hiccups. */
const SLOW_ANSWER_MS = 2_000;
const SLOW_PIPELINE_MS = 15_000;

export interface RestError {
  readonly error_code: number;
  readonly message: string;
}

/**
 * A worker under bad input, and a pipeline in it that has done nothing wrong: whatever
 * happens beside it, its lines move, REST answers, and no secret gets out.
 */
export class Witness implements AsyncDisposable {
  readonly worker: ConnectWorker;
  /** Names of the connectors that do nothing wrong: sinks of several workers must not share a group. */
  readonly healthy: { readonly source: string; readonly sink: string };
  readonly #secrets: readonly string[];
  /** What the worker has said that must hold no secret: errors, statuses, validations. */
  readonly #said: string[] = [];
  readonly #watch = new AbortController();
  readonly #watching: Promise<void>;
  readonly #input: string;
  readonly #output: string;
  #slowestMs = 0;
  #lines = 0;
  #logSeen = 0;

  private constructor(worker: ConnectWorker, secrets: readonly string[], topic: string) {
    this.worker = worker;
    this.healthy = { source: `source-${topic}`, sink: `sink-${topic}` };
    this.#secrets = secrets;
    this.#input = join(worker.folder, topic);
    this.#output = `${this.#input}.out`;
    this.#watching = this.#watchAnswers();
  }

  /** @param secrets texts that must appear in no answer and not in the log */
  static async start(
    options: ConnectWorkerOptions,
    secrets: readonly string[] = [],
  ): Promise<Witness> {
    const properties = { "offset.flush.interval.ms": 500, ...options.properties };
    const worker = await startConnectWorker({ ...options, properties });
    const topic = `healthy-${randomUUID()}`;
    const witness = new Witness(worker, secrets, topic);
    await witness.#startPipeline(topic);
    return witness;
  }

  /** Sends a request; what it says goes into `expectNoSecrets`. A text is sent as it is. */
  async request<T = RestError>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<ConnectAnswer<T>> {
    const answer = await this.worker.client.request<T>(method, path, body);
    // Those that show a configuration show all of it, as Kafka Connect does.
    const showsConfig = answer.status < 300 && !/status|validate/.test(path);
    if (!showsConfig) this.#said.push(JSON.stringify(answer.body));
    return answer;
  }

  /** Asks for a connector. */
  create(
    name: string,
    config: Readonly<Record<string, unknown>>,
  ): Promise<ConnectAnswer<RestError>> {
    return this.request("POST", "/connectors", { name, config });
  }

  /** Waits until a connector or a task of it has failed. @returns the trace */
  async failure(name: string, timeoutMs = 30_000): Promise<string> {
    await this.worker.client.waitFor(name, "FAILED", timeoutMs);
    const status = await this.worker.client.status(name);
    this.#said.push(JSON.stringify(status));
    return [status?.connector, ...(status?.tasks ?? [])].map((part) => part?.trace ?? "").join("");
  }

  /** What the worker has logged since the last `expectNoSecrets`. */
  async log(): Promise<string> {
    return (await readFile(this.worker.logFile, "utf8")).slice(this.#logSeen);
  }

  /**
   * A new line goes all the way, and no answer was slow since the last time.
   * @throws Error saying what is disturbed
   */
  async expectUndisturbed(): Promise<void> {
    const line = `line ${++this.#lines}\n`;
    await appendFile(this.#input, line);
    const deadline = Date.now() + SLOW_PIPELINE_MS;
    while (!(await this.#written()).endsWith(line)) {
      if (Date.now() > deadline) {
        throw new Error(`The healthy pipeline stands still: ${line.trim()} has not arrived`);
      }
      await sleep(20);
    }
    const slowestMs = this.#slowestMs;
    this.#slowestMs = 0;
    if (slowestMs > SLOW_ANSWER_MS) {
      throw new Error(`GET /connectors took ${Math.round(slowestMs)} ms meanwhile`);
    }
  }

  /** Of what was said and logged since the last time. @throws Error naming where a secret is */
  async expectNoSecrets(): Promise<void> {
    const log = await this.log();
    const places = [...this.#said.splice(0), ...log.split("\n")];
    this.#logSeen += log.length;
    for (const secret of this.#secrets) {
      const place = places.find((text) => text.includes(secret));
      if (place !== undefined) throw new Error(`The secret ${secret} was found in: ${place}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch.abort();
    await this.#watching;
    await this.worker.close();
  }

  async #startPipeline(topic: string): Promise<void> {
    const { client } = this.worker;
    const strings = { "key.converter": STRINGS, "value.converter": STRINGS };
    await writeFile(this.#input, "");
    await client.create(this.healthy.source, {
      "connector.class": "FileStreamSource",
      file: this.#input,
      topic,
      ...strings,
    });
    await client.create(this.healthy.sink, {
      "connector.class": "FileStreamSink",
      file: this.#output,
      topics: topic,
      ...strings,
    });
    await this.expectUndisturbed();
  }

  #written(): Promise<string> {
    return readFile(this.#output, "utf8").catch(() => "");
  }

  /** Asks all the time, as a monitor would. */
  async #watchAnswers(): Promise<void> {
    while (!this.#watch.signal.aborted) {
      const start = performance.now();
      try {
        await fetch(`${this.worker.url}/connectors`, { signal: this.#watch.signal });
        this.#slowestMs = Math.max(this.#slowestMs, performance.now() - start);
      } catch {
        if (this.#watch.signal.aborted) return;
        // A worker that does not answer at all is as slow as can be.
        this.#slowestMs = Infinity;
      }
      await sleep(50);
    }
  }
}
