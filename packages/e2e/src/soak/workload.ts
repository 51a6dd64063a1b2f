import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectorConfig } from "@millrace/services";
import type { ConnectCluster } from "../cluster/connect-cluster.ts";
import type { ExpectedConnector } from "../cluster/placement.ts";
import { type Overlap, overlaps } from "../count/journal.ts";
import { losses, recordText, StreamCounts, type StreamReport } from "../count/stream-counts.ts";
import { forEachRecord, otherClient } from "../read-topic.ts";
import { FileCounts } from "./file-counts.ts";

const TICK_MS = 100;
const FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";

/** A connector as it should be now. */
export interface WantedConnector {
  readonly name: string;
  readonly config: ConnectorConfig;
  readonly state: ExpectedConnector["state"];
}

/** What a run has come to. */
export interface Verdict {
  readonly topics: readonly StreamReport[];
  readonly files: readonly StreamReport[];
  readonly overlaps: readonly Overlap[];
  /** What is lost; empty when all is well. */
  readonly losses: readonly string[];
}

export interface WorkloadOptions {
  readonly bootstrapServers: string;
  /** An empty folder. */
  readonly folder: string;
  /** Before the names of connectors and topics, for a broker that is not its own. */
  readonly prefix?: string;
  /** Of each journal source and of their sink. Default 3. */
  readonly tasks?: number;
  /** Whether there are file sources, too. Default true. */
  readonly lines?: boolean;
  /** Of each stream. */
  readonly recordsPerSecond: number;
}

/** Topics, with the streams in each, that end in one file. */
interface Pipeline {
  readonly kind: "journal" | "lines";
  readonly topics: ReadonlyMap<string, readonly string[]>;
  readonly tasks: number;
  readonly file: FileCounts;
}

/**
 * Connectors that records run through from end to end, by default six with twelve tasks:
 * two journal sources of three tasks into a file sink of three, two file sources into a
 * file sink of one. Records are numbered by stream, so that each one is accounted for.
 */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #connectors = new Map<string, WantedConnector>();
  readonly #pipelines: readonly Pipeline[];
  readonly #stop = new AbortController();
  #feeding: Promise<void> = Promise.resolve();
  #fed = 0;

  private constructor(options: WorkloadOptions) {
    const { prefix = "", tasks = 3, lines = true } = options;
    this.#options = options;
    const file = (kind: string) => new FileCounts(this.#path(`${kind}.out`));
    const topics = (kind: string, streams: (topic: string) => string[]) =>
      new Map([`${prefix}${kind}-a`, `${prefix}${kind}-b`].map((topic) => [topic, streams(topic)]));
    // A journal source has a stream for each task, so that each task has work.
    const streams = (topic: string) => Array.from({ length: tasks }, (_, i) => `${topic}-${i}`);
    const journals: Pipeline = {
      kind: "journal",
      topics: topics("journal", streams),
      tasks,
      file: file("journal"),
    };
    const files: Pipeline = {
      kind: "lines",
      topics: topics("lines", (topic) => [topic]),
      tasks: 1,
      file: file("lines"),
    };
    this.#pipelines = lines ? [journals, files] : [journals];
    for (const wanted of this.#pipelines.flatMap((pipeline) => this.#connectorsOf(pipeline))) {
      this.#connectors.set(wanted.name, wanted);
    }
  }

  /** Makes topics and files, not yet connectors. */
  static async prepare(options: WorkloadOptions): Promise<Workload> {
    const workload = new Workload(options);
    await mkdir(workload.#path("journals"));
    await writeFile(workload.#path("limit"), "0");
    for (const topic of workload.#fedFiles()) await writeFile(workload.#path(topic), "");
    const admin = otherClient(options.bootstrapServers).admin();
    await admin.connect();
    try {
      await admin.createTopics({
        waitForLeaders: true,
        topics: workload.#pipelines.flatMap(({ kind, topics }) =>
          // One partition where records have no key, since their order is counted on.
          [...topics.keys()].map((topic) => ({ topic, numPartitions: kind === "lines" ? 1 : 4 })),
        ),
      });
    } finally {
      await admin.disconnect();
    }
    return workload;
  }

  get connectors(): readonly WantedConnector[] {
    return [...this.#connectors.values()];
  }

  /** What the cluster should come to. */
  get expected(): ReadonlyMap<string, ExpectedConnector> {
    return new Map(
      this.connectors.map(({ name, state, config }) => [
        name,
        { state, tasks: Number(config["tasks.max"]) },
      ]),
    );
  }

  /** Records of all streams that were given to the sources so far. */
  get sent(): number {
    const streams = this.#pipelines.flatMap(({ topics }) => [...topics.values()].flat());
    return streams.length * this.#fed;
  }

  /** Records that have arrived at the end so far, repetitions not counted. */
  async arrived(): Promise<number> {
    for (const { file } of this.#pipelines) await file.readOn();
    return this.#pipelines.reduce((sum, { file }) => sum + file.counts.distinct, 0);
  }

  async createAll(cluster: ConnectCluster): Promise<void> {
    for (const { name, config } of this.connectors) await cluster.putConfig(name, config);
  }

  /** Changes what is wanted of a connector; telling the cluster is up to the caller. */
  want(name: string, change: Partial<Omit<WantedConnector, "name">>): WantedConnector {
    const wanted = this.#connectors.get(name);
    if (wanted === undefined) throw new Error(`There is no connector ${name}`);
    const changed = { ...wanted, ...change };
    this.#connectors.set(name, changed);
    return changed;
  }

  /** Sends records from now on, until `stopFeeding`. */
  startFeeding(): void {
    this.#feeding = this.#feed();
  }

  /** @throws Error when a file could not be written */
  async stopFeeding(): Promise<void> {
    this.#stop.abort();
    await this.#feeding;
  }

  /**
   * After `stopFeeding`: waits until all records have arrived, and judges.
   * @param timeoutMs how long no new record may arrive
   */
  async judge(timeoutMs: number): Promise<Verdict> {
    await this.#untilArrived(timeoutMs);
    const files = this.#pipelines.flatMap(({ file, topics }) =>
      file.counts.report(this.#expectedOf(topics.values())),
    );
    const topics: StreamReport[] = [];
    for (const [topic, streams] of this.#pipelines.flatMap(({ topics }) => [...topics])) {
      const counts = new StreamCounts();
      await forEachRecord(this.#options.bootstrapServers, topic, ({ value }) =>
        counts.addText(value?.toString() ?? ""),
      );
      topics.push(...counts.report(this.#expectedOf([streams])));
    }
    const lost = [...losses("topics", topics), ...losses("files", files)];
    return { topics, files, overlaps: await this.overlaps(), losses: lost };
  }

  /** Times at which a stream was worked on twice, so far, longest first. */
  async overlaps(): Promise<Overlap[]> {
    const found: Overlap[] = [];
    const journals = this.#pipelines.filter(({ kind }) => kind === "journal");
    for (const stream of journals.flatMap(({ topics }) => [...topics.values()].flat())) {
      const journal = await readFile(join(this.#path("journals"), stream), "utf8").catch(() => "");
      found.push(...overlaps(stream, journal));
    }
    return found.sort((a, b) => b.durationMs - a.durationMs);
  }

  async #untilArrived(timeoutMs: number): Promise<void> {
    let latest = 0;
    let progressAt = Date.now();
    while (Date.now() - progressAt < timeoutMs) {
      const arrived = await this.arrived();
      const complete = this.#pipelines.every(({ file, topics }) =>
        file.counts.complete(this.#expectedOf(topics.values())),
      );
      if (complete) return;
      if (arrived > latest) progressAt = Date.now();
      latest = arrived;
      await sleep(200);
    }
  }

  async #feed(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const from = this.#fed + 1;
      this.#fed += Math.ceil((this.#options.recordsPerSecond * TICK_MS) / 1_000);
      for (const topic of this.#fedFiles()) {
        let text = "";
        for (let number = from; number <= this.#fed; number++) {
          text += `${recordText(topic, number)}\n`;
        }
        await appendFile(this.#path(topic), text);
      }
      // Renamed, since tasks must not read half a number.
      await writeFile(this.#path("limit.new"), String(this.#fed));
      await rename(this.#path("limit.new"), this.#path("limit"));
      await sleep(TICK_MS);
    }
  }

  /** The last number of each stream. */
  #expectedOf(streams: Iterable<readonly string[]>): ReadonlyMap<string, number> {
    return new Map([...streams].flat().map((stream) => [stream, this.#fed]));
  }

  /** Files that a file source reads, named after its topic. */
  #fedFiles(): string[] {
    return this.#pipelines.flatMap(({ kind, topics }) =>
      kind === "lines" ? [...topics.keys()] : [],
    );
  }

  #connectorsOf({ kind, topics, tasks }: Pipeline): WantedConnector[] {
    const journal = (streams: readonly string[]) => ({
      "connector.class": "test.JournalSource",
      streams: streams.join(","),
      journal: this.#path("journals"),
      "limit.file": this.#path("limit"),
    });
    const lines = (topic: string) => ({ "connector.class": FILE_SOURCE, file: this.#path(topic) });
    const sources = [...topics].map(([topic, streams]) => ({
      name: topic,
      config: { topic, ...(kind === "journal" ? journal(streams) : lines(topic)) },
    }));
    const sink = {
      name: `${this.#options.prefix ?? ""}${kind}-sink`,
      config: {
        "connector.class": FILE_SINK,
        topics: [...topics.keys()].join(","),
        file: this.#path(`${kind}.out`),
      },
    };
    return [...sources, sink].map(({ name, config }) => ({
      name,
      config: { ...config, "tasks.max": String(tasks) },
      state: "RUNNING",
    }));
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}
