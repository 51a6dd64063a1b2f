import { SourceRecord } from "@millrace/connect-api";
import { keep, type Prepared } from "./benchmark.ts";
import { COUNT, FLAT, flatStructs, NESTED, nestedStructs, plainObjects } from "./data.ts";

const recordsOf = (
  values: readonly unknown[],
  valueSchema: SourceRecord["valueSchema"],
): SourceRecord[] =>
  values.map(
    (value, i) =>
      new SourceRecord({
        topic: "t",
        value,
        valueSchema,
        timestamp: 1_700_000_000_000 + i,
        sourcePartition: {},
        sourceOffset: null,
      }),
  );

export const flatRecords = (): SourceRecord[] => recordsOf(flatStructs(), FLAT);
export const nestedRecords = (): SourceRecord[] => recordsOf(nestedStructs(), NESTED);
/** The flat ones without schema. */
export const mapRecords = (): SourceRecord[] => recordsOf(plainObjects(), null);

/** Does the same with each record. */
export function overAll(
  records: readonly SourceRecord[],
  work: (record: SourceRecord) => unknown,
): Prepared {
  return {
    operations: COUNT,
    bytes: 0,
    run() {
      for (const record of records) keep(work(record));
    },
  };
}
