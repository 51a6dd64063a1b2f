import { isRetriable, type SinkRecord } from "@millrace/connect-api";

/** What is left of a refused batch, in order, and why. */
export interface Remainder {
  readonly records: readonly SinkRecord[];
  readonly error: unknown;
}

export interface IsolateOptions {
  readonly put: (records: readonly SinkRecord[]) => Promise<void>;
  /** Reports a single guilty record. */
  readonly giveUp: (record: SinkRecord, error: unknown) => Promise<unknown>;
  /** Whether what `put` throws says nothing about records, because the task is to stop. */
  readonly isStopping: () => boolean;
}

/**
 * Finds the records for which a batch was refused: gives it to the task again in halves,
 * in order, and those of them that are refused in halves again, down to single records.
 * What the task had taken before it threw it is given twice: at least once.
 * @returns what is to be given again later, as the task says; undefined when all is done
 */
export async function isolate(
  batch: readonly SinkRecord[],
  error: unknown,
  { put, giveUp, isStopping }: IsolateOptions,
): Promise<Remainder | undefined> {
  /** To be put, the next one last. */
  const parts: (readonly SinkRecord[])[] = [];
  const divide = async (records: readonly SinkRecord[], why: unknown) => {
    if (records.length === 1) return giveUp(records[0]!, why);
    const middle = Math.ceil(records.length / 2);
    return parts.push(records.slice(middle), records.slice(0, middle));
  };
  await divide(batch, error);
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    try {
      await put(part);
    } catch (thrown) {
      if (isStopping() || isRetriable(thrown)) {
        return { records: [part, ...parts.toReversed()].flat(), error: thrown };
      }
      await divide(part, thrown);
    }
  }
  return undefined;
}
