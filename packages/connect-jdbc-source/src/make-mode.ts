import type { Dialect, Instant, Origin, SelectOptions, Session } from "@millrace/jdbc-dialects";
import { timestampColumns } from "./columns/find-timestamp-columns.ts";
import { incrementingColumn } from "./columns/incrementing-column.ts";
import { TimestampColumns } from "./columns/timestamp-columns.ts";
import { type Config, modeOf } from "./config.ts";
import type { Destination } from "./destination.ts";
import type { LoadPart } from "./initial-load/task-parts.ts";
import { BulkMode } from "./mode/bulk.ts";
import { IncrementingMode } from "./mode/incrementing.ts";
import { LoadPartMode } from "./mode/load-part.ts";
import type { TableMode } from "./mode/mode.ts";
import { TimestampIncrementingMode } from "./mode/timestamp-incrementing.ts";
import { TimestampMode } from "./mode/timestamp.ts";
import { TimestampRange } from "./mode/timestamp-range.ts";
import { INITIAL_TIMESTAMP, type Place } from "./offset.ts";
import { Statements } from "./statement.ts";

export interface ModeOptions {
  readonly dialect: Dialect;
  readonly config: Config;
  readonly select: SelectOptions;
  readonly session: Session;
}

/**
 * How a table or query is read from a place on, once it is certain that it can be.
 * @param place null where it was never read
 * @throws {ConnectError} when it has not the columns that the mode needs
 */
export async function makeMode(
  origin: Origin,
  destination: Destination,
  place: Place | null,
  { dialect, config, select, session }: ModeOptions,
): Promise<TableMode> {
  const columns = await session.describe(origin, select);
  const statements = new Statements(dialect, origin, select.quoting, config["query.suffix"]);
  const mode = modeOf(config);
  if (mode === "bulk") return new BulkMode(destination, statements);
  const number = () => incrementingColumn(origin, columns, config);
  const incrementing = place?.incrementing ?? BigInt(config["incrementing.initial"]);
  const pageRows = config["page.rows"];
  if (mode === "incrementing") {
    return new IncrementingMode(destination, statements, number(), incrementing, pageRows);
  }
  const times = new TimestampColumns(timestampColumns(origin, columns, config), statements);
  const range = new TimestampRange({
    delayMs: config["timestamp.delay.interval.ms"],
    safe: config["watermark.safe"],
  });
  const timestamp = place?.timestamp ?? (await initialTimestamp(config, session));
  if (mode === "timestamp") {
    return new TimestampMode(destination, statements, times, range, timestamp);
  }
  const start = { timestamp, incrementing };
  const column = number();
  return new TimestampIncrementingMode(
    destination,
    statements,
    times,
    column,
    range,
    start,
    pageRows,
  );
}

/** Rows for a part of a table's first reading to be asked for at a time, where `page.rows` says nothing. */
const LOAD_PAGE_ROWS = 50_000;

/** How a part of a table's first reading is read from a place on. */
export async function makeLoadMode(
  { table, part, plan }: LoadPart,
  destination: Destination,
  position: bigint | undefined,
  { dialect, config, select, session }: ModeOptions,
): Promise<TableMode> {
  const columns = await session.describe({ table }, select);
  const statements = new Statements(dialect, { table }, select.quoting, config["query.suffix"]);
  const column = incrementingColumn({ table }, columns, config);
  const pageRows = config["page.rows"] || LOAD_PAGE_ROWS;
  return new LoadPartMode(destination, statements, column, plan, part, position, pageRows);
}

/** `timestamp.initial`. */
async function initialTimestamp(config: Config, session: Session): Promise<Instant> {
  const ms = config["timestamp.initial"] ?? config["timestamp.initial.ms"];
  if (ms === null) return INITIAL_TIMESTAMP;
  return ms === -1 ? session.now() : BigInt(ms) * 1_000_000n;
}
