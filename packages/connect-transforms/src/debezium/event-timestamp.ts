import { ConnectError, type Struct, TIMESTAMP_NAME } from "@millrace/connect-api";

/**
 * The timestamp that a column of an event has, in milliseconds.
 * @throws {ConnectError} when there is no such column, or it is of a type without one
 */
export function eventTimestamp(row: Struct, name: string): number | null {
  const field = row.schema.field(name);
  if (field === undefined) {
    throw new ConnectError(`Unable to find timestamp field ${name} in event`);
  }
  const value = row.values[field.index] ?? null;
  if (value === null) return null;
  switch (field.schema.name) {
    case "io.debezium.time.Timestamp":
      return Number(value);
    case "io.debezium.time.MicroTimestamp":
      return divided(value as number | bigint, 1000);
    case "io.debezium.time.NanoTimestamp":
      return divided(value as number | bigint, 1_000_000);
    case "io.debezium.time.ZonedTimestamp":
      return Date.parse(value as string);
    case TIMESTAMP_NAME:
      return (value as Date).getTime();
    case undefined:
      throw new ConnectError(
        `Unsupported field type ${field.schema.type} (without logical schema name) for event timestamp`,
      );
    default:
      throw new ConnectError(`Unsupported field type ${field.schema.name} for event timestamp`);
  }
}

function divided(value: number | bigint, divisor: number): number {
  return typeof value === "bigint" ? Number(value / BigInt(divisor)) : Math.floor(value / divisor);
}
