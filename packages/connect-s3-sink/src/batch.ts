import { ConnectError, type Logger } from "@millrace/connect-api";
import type { ObjectStore } from "./client.ts";
import type { OpenFile } from "./open-file.ts";

/** The files of one Kafka partition that are completed together. */
export interface Batch {
  readonly files: readonly OpenFile[];
  readonly startOffset: number;
  /** Of the last record. */
  readonly endOffset: number;
}

/** What came of it: another run completed the same records before, and cut them elsewhere. */
export type Outcome = "done" | { readonly endsAt: number };

const START = "millrace-batch-start";
const END = "millrace-batch-end";
const COUNT = "millrace-record-count";

/** So many files of a batch may wait in memory. */
const MANY = 8;

export interface Tagging {
  readonly wanted: boolean;
  readonly more: Readonly<Record<string, string>>;
  readonly mustSucceed: boolean;
}

/**
 * Completes a batch. Where its end is a matter of the clock, the object that holds its first
 * record decides: it is written first, only where there is none of its name, and says in its
 * metadata where the batch ends. Whoever finds it there, after a crash or beside a task that
 * is not gone yet, takes over that end. So each record is in one batch, whatever happens.
 */
export async function completeBatch(
  batch: Batch,
  store: ObjectStore,
  byClock: boolean,
  tagging: Tagging,
  logger: Logger,
): Promise<Outcome> {
  const { files, startOffset, endOffset } = batch;
  for (const file of files) {
    await file.finish();
    // Many wait for their turn: not in memory.
    if (files.length > MANY) file.spill();
  }
  const completion = (file: OpenFile, onlyIfAbsent: boolean) => ({
    metadata: {
      [START]: String(startOffset),
      [END]: String(endOffset),
      [COUNT]: String(file.count),
    },
    onlyIfAbsent,
  });
  if (!byClock) {
    await Promise.all(files.map((file) => file.complete(completion(file, false))));
  } else {
    const first = files.find((file) => file.startOffset === startOffset)!;
    if (!(await first.complete(completion(first, true)))) {
      const end = await endOf(first.keys[0]!, store);
      // Our own, if the answer to an earlier request was lost.
      if (end !== endOffset) return { endsAt: end };
      logger.info(`${first.keys[0]} is there already, with the same records`);
      await first.completeRest(completion(first, false));
    }
    const others = files.filter((file) => file !== first);
    await Promise.all(others.map((file) => file.complete(completion(file, false))));
  }
  if (tagging.wanted) await tag(files, store, tagging, logger);
  return "done";
}

async function endOf(key: string, store: ObjectStore): Promise<number> {
  const metadata = await store.metadata(key);
  const end = Number(metadata[END] ?? Number.NaN);
  if (Number.isSafeInteger(end)) return end;
  throw new ConnectError(
    `The object ${key} is there already, and does not say which records it holds: remove it, or set enable.conditional.writes=false to have it replaced`,
  );
}

async function tag(
  files: readonly OpenFile[],
  store: ObjectStore,
  { more, mustSucceed }: Tagging,
  logger: Logger,
): Promise<void> {
  for (const file of files) {
    const tags = {
      startOffset: String(file.startOffset),
      endOffset: String(file.endOffset),
      recordCount: String(file.count),
      ...more,
    };
    for (const key of file.keys) {
      try {
        await store.tag(key, tags);
      } catch (error) {
        if (mustSucceed) throw error;
        logger.warn(`${key} is written, but was not tagged: ${(error as Error).message}`);
      }
    }
  }
}
