import { isDecimal, jsonText, type SinkRecord } from "@millrace/connect-api";
import { keyFieldsOf, type RowKey, type RowPlan } from "./row-plan.ts";

/** Compiled once for each plan: tells the key of the row that a record makes. */
export type KeyOf = (record: SinkRecord) => RowKey;

export function keyReader(plan: RowPlan): KeyOf {
  const readers = keyFieldsOf(plan).map(({ read }) => read);
  const [single] = readers;
  if (single === undefined) return () => undefined;
  if (readers.length === 1) return (record) => atom(single(record));
  return (record) => {
    const parts: string[] = [];
    for (const read of readers) {
      const part = atom(read(record));
      if (part === undefined) return undefined;
      parts.push(String(part));
    }
    return JSON.stringify(parts);
  };
}

/** Equal for values that are the same in a column; `undefined` for null, which equals nothing. */
function atom(value: unknown): RowKey {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    default:
      if (value === null || value === undefined) return undefined;
      if (value instanceof Date) return value.getTime();
      if (isDecimal(value)) return value.toPlainString();
      return jsonText(null, value);
  }
}
