import { setTimeout as sleep } from "node:timers/promises";
import { MemoryOffsets, type SourceRun, startSource } from "@millrace/connect-testkit";
import { vi } from "vitest";
import { FileSourceConnector } from "../src/index.ts";
import { RotatingLog } from "./rotating-log.ts";
import { temporaryFolder } from "./temp-folder.ts";

/** Of the files of the test that runs. */
const path = temporaryFolder();
const STEPS = 14;
/** Everything is kept: what is deleted unread is lost to everybody. */
const KEPT = STEPS;
/** Patience with a machine that is busy with other things. */
const PATIENCE_MS = 30_000;

export type Act = "write" | "rename" | "copy" | "compress" | "restart";

/** Numbers from 0 to 1 that are the same for the same seed. */
function random(seed: number): () => number {
  let state = seed * 1_000_003;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * Reads a log while it is written and rotated, by acts that are drawn by the seed; restarts come
 * after a commit.
 * @param pattern of the files, in the test's folder
 * @param rotateMs how long a log is left alone after it was rotated
 * @returns how often each line came, the first at 0
 */
export async function countLines(
  seed: number,
  pattern: string,
  acts: readonly Act[],
  rotateMs: number,
): Promise<number[]> {
  const next = random(seed);
  const upTo = (most: number) => 1 + Math.floor(next() * most);
  const log = new RotatingLog(path("in.log"), KEPT);
  const offsets = new MemoryOffsets();
  const counts: number[] = [];
  const props = {
    paths: path(pattern),
    // Nobody reads what is being compressed.
    "exclude.paths": path("*.tmp"),
    topic: "lines",
    "scan.interval.ms": "20",
    "rotate.wait.ms": "60",
    "ingest.min.age.ms": "0",
    "batch.size": "77",
    "max.open.files": "2",
  };
  let reading = await Reading.start(props, offsets, counts);
  const rotate = async (act: () => Promise<unknown>) => {
    await log.write(upTo(40));
    await act();
    // Seconds lie between rotations elsewhere, and a restart; here it is a few looks.
    await sleep(rotateMs);
  };
  const done: Record<Act, () => Promise<unknown>> = {
    write: () => log.write(upTo(200)),
    rename: () => rotate(() => log.rename()),
    copy: () => rotate(() => log.copyAndTruncate()),
    compress: () => log.compress(),
    restart: async () => {
      await reading.commit();
      await (next() < 0.5 ? log.write(upTo(50)) : rotate(() => log.rename()));
      reading = await Reading.start(props, offsets, counts);
    },
  };
  // A file that was never there under its name is none of the pattern's.
  await log.write(30);
  await vi.waitUntil(() => counts.length === 30, { timeout: PATIENCE_MS });
  for (let i = 0; i < STEPS; i += 1) await done[acts[Math.floor(next() * acts.length)]!]();
  const deadline = Date.now() + PATIENCE_MS;
  while (counts.filter(Boolean).length < log.written && Date.now() < deadline) await sleep(50);
  // What comes twice may come now.
  await sleep(300);
  await reading.commit();
  return Array.from({ length: log.written }, (_, i) => counts[i] ?? 0);
}

/** A connector that is polled all the time. */
class Reading {
  readonly #run: SourceRun;
  readonly #done = new AbortController();
  readonly #loop: Promise<void>;

  private constructor(run: SourceRun, counts: number[]) {
    this.#run = run;
    this.#loop = this.#read(counts);
  }

  static async start(props: Record<string, string>, offsets: MemoryOffsets, counts: number[]) {
    return new Reading(await startSource(FileSourceConnector, props, { offsets }), counts);
  }

  async commit(): Promise<void> {
    this.#done.abort();
    await this.#loop;
    await this.#run.commit();
    await this.#run.stop();
  }

  async #read(counts: number[]): Promise<void> {
    while (!this.#done.signal.aborted) {
      for (const { value } of await this.#run.takeFor(20)) {
        const line = Number.parseInt(value as string, 10) - 1;
        counts[line] = (counts[line] ?? 0) + 1;
      }
    }
  }
}
