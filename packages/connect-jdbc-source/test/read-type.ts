import type { Props, Schema, SourceRecord } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { JdbcSourceConnector } from "../src/index.ts";

/** `Decimal(10,2)`, `INT32`, `Timestamp`; with a question mark where it is optional. */
export function shown(schema: Schema | undefined): string {
  if (schema === undefined) return "none";
  const name = schema.name?.split(".").at(-1) ?? schema.type;
  const digits = schema.parameters
    ? `(${schema.parameters.get("connect.decimal.precision")},${schema.parameters.get("scale")})`
    : "";
  return `${name}${digits}${schema.optional ? "?" : ""}`;
}

/** The field `v` of a record's value, which has to be what its schema promises. */
export function valueOf({ value, valueSchema }: SourceRecord): unknown {
  const index = valueSchema?.field("v")?.index ?? -1;
  const struct = value as { values: unknown[]; validate: () => void };
  struct.validate();
  return struct.values[index];
}

/** Reads a table `t` whose column `v` is of a type, and holds so many rows. */
export async function readColumn(props: Props, rows: number) {
  await using run = await startSource(JdbcSourceConnector, {
    ...props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "t",
  });
  const records = await run.take(rows, 30_000);
  return {
    schema: shown(records[0]?.valueSchema?.field("v")?.schema),
    values: records.map((record) => valueOf(record)),
  };
}
