import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Props } from "@millrace/connect-api";
import { ConnectClient } from "@millrace/services";
import { onTestFinished } from "vitest";
import { Logging } from "../../src/logging.ts";
import type { LogEntry } from "../../src/task/logger.ts";
import { startStandalone } from "../../src/worker/standalone.ts";
import { until } from "./until.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const PLUGINS = [path("../../../connect-file"), path("../fixtures/failing-plugin")];

const ENDED = "The task has ended: ";

/** A worker as users run it, but in this process; it ends with the test, its folder too. */
export class StandaloneWorker {
  readonly client: ConnectClient;
  readonly folder: string;
  readonly log: LogEntry[];

  private constructor(url: string, folder: string, log: LogEntry[]) {
    this.client = new ConnectClient(url);
    this.folder = folder;
    this.log = log;
  }

  static async start(bootstrapServers: string, props: Props = {}): Promise<StandaloneWorker> {
    const folder = mkdtempSync(join(tmpdir(), "worker-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const log: LogEntry[] = [];
    const worker = await startStandalone(
      {
        "bootstrap.servers": bootstrapServers,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.storage.StringConverter",
        "offset.storage.file.filename": join(folder, "offsets"),
        "offset.flush.interval.ms": "300",
        "plugin.path": PLUGINS.join(","),
        "task.threads": "1",
        listeners: "http://127.0.0.1:0",
        ...props,
      },
      new Logging((entry) => log.push(entry)),
    );
    onTestFinished(() => worker[Symbol.asyncDispose]());
    worker.ready();
    return new StandaloneWorker(worker.url, folder, log);
  }

  fileOf(connector: string): string {
    return join(this.folder, `${connector}.out`);
  }

  /** What a file sink has written so far. */
  written(connector: string): string {
    const file = this.fileOf(connector);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** The offset that a sink of one partition, or a source of one file, has committed. */
  async committed(connector: string): Promise<number | undefined> {
    type Answer = { readonly offsets: readonly { readonly offset: Record<string, number> }[] };
    const { body } = await this.client.request<Answer>("GET", `/connectors/${connector}/offsets`);
    return Object.values(body.offsets[0]?.offset ?? {})[0];
  }

  /** Stops a connector. @returns what its task says became of its records, as in `describeCounters` */
  async endOf(connector: string): Promise<string> {
    await this.client.ask("stop", connector);
    let end: string | undefined;
    await until(`the task of ${connector} ends`, () => {
      const lines = this.log.filter(({ context }) => context === `${connector}|task-0`);
      end = lines.findLast(({ message }) => message.startsWith(ENDED))?.message;
      return end !== undefined;
    });
    return end!.slice(ENDED.length);
  }
}
