import type { TableId } from "@millrace/jdbc-dialects";
import type { Place } from "../offset.ts";
import type { LoadPlan } from "./plan.ts";

/** A part of a table's first reading, for a task. */
export interface LoadPart {
  readonly table: TableId;
  readonly part: number;
  readonly plan: LoadPlan;
}

/** A table whose first reading is done, and which has no offset of its own yet. */
export interface StartingTable {
  readonly table: TableId;
  readonly place: Place;
}

/** As task configurations have it, numbers of any size as texts. */
export function writeParts(parts: readonly LoadPart[]): string {
  return JSON.stringify(parts, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

export function readParts(text: string): LoadPart[] {
  if (text === "") return [];
  return (JSON.parse(text) as WrittenPart[]).map(({ table, part, plan }) => ({
    table,
    part,
    plan: {
      low: BigInt(plan.low),
      high: BigInt(plan.high),
      parts: plan.parts,
      timestamp: plan.timestamp === undefined ? undefined : BigInt(plan.timestamp),
    },
  }));
}

interface WrittenPart {
  readonly table: TableId;
  readonly part: number;
  readonly plan: { low: string; high: string; parts: number; timestamp?: string };
}

export function writeStarts(starts: readonly StartingTable[]): string {
  return JSON.stringify(starts, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** The places by the full names of their tables. */
export function readStarts(text: string, nameOf: (table: TableId) => string): Map<string, Place> {
  if (text === "") return new Map();
  const written = JSON.parse(text) as {
    table: TableId;
    place: { incrementing?: string; timestamp?: string };
  }[];
  const number = (digits: string | undefined) =>
    digits === undefined ? undefined : BigInt(digits);
  return new Map(
    written.map(({ table, place }) => [
      nameOf(table),
      { incrementing: number(place.incrementing), timestamp: number(place.timestamp) },
    ]),
  );
}
