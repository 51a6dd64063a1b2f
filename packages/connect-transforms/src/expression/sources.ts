import { type CelError, celError, type CelInput, type CelMap, celMap } from "@bufbuild/cel";
import {
  type ConnectRecord,
  isMapLike,
  isStruct,
  mapGet,
  type Schema,
  type SinkRecord,
} from "@millrace/connect-api";
import type { Budget } from "./budget.ts";
import { toCel } from "./cel-value.ts";

/** Bound to true while there is budget. */
export const GUARD = "#on";

/** What an expression can ask of the record. */
export const VARIABLES = [
  "value",
  "key",
  "headers",
  "topic",
  "partition",
  "offset",
  "timestamp",
] as const;
export type Variable = (typeof VARIABLES)[number];

export function isVariable(name: string): name is Variable {
  return (VARIABLES as readonly string[]).includes(name);
}

/** A part of the record by name: a variable, and fields under it. */
export interface Path {
  readonly variable: Variable;
  readonly names: readonly string[];
}

/** A part of the record as it is there. */
export interface Found {
  readonly schema: Schema | null;
  /** Undefined where there is nothing of that name. */
  readonly value: unknown;
}

interface Source {
  readonly path: Path;
  /** Whether a part that is missing is an error, or undefined. */
  readonly strict: boolean;
  /** The object that was read last, and when: an expression may ask for it in each round. */
  round: number;
  memo: CelInput | undefined;
}

/**
 * The variables of one expression. The parts of the record that it names (`value.a.b`)
 * are read straight from the record, each under a name of its own that no expression can
 * write: neither the structs above them are wrapped, nor names looked up one by one.
 */
export class Sources {
  readonly #sources: Source[] = [];
  /** Without a prototype: the library reads names of it as they come. */
  readonly bindings = Object.create(null) as Record<string, CelInput>;
  #record!: ConnectRecord;
  #round = 0;

  constructor(budget: Budget) {
    // Thrown here, an error ends the evaluation; one that a function throws may be absorbed
    // by `||` and `all`, and the loop goes on.
    Object.defineProperty(this.bindings, GUARD, { get: () => budget.assertLeft() });
  }

  /** The record to read from now on. */
  set record(record: ConnectRecord) {
    this.#record = record;
    this.#round++;
  }

  /** The name under which a part of the record is bound. */
  bind(path: Path, strict: boolean): string {
    const source: Source = { path, strict, round: 0, memo: undefined };
    const name = `#${this.#sources.push(source)}`;
    Object.defineProperty(this.bindings, name, { get: () => this.#read(source) });
    return name;
  }

  #read(source: Source): CelInput | CelError | undefined {
    if (source.round === this.#round) return source.memo;
    const cel = this.#find(source.path);
    if (cel === undefined) {
      return source.strict ? celError(`there is no ${pathText(source.path)}`) : undefined;
    }
    if (typeof cel === "object") {
      source.round = this.#round;
      source.memo = cel;
    }
    return cel;
  }

  #find(path: Path): CelInput | undefined {
    const { variable, names } = path;
    if (variable === "headers" && names.length === 0) return allHeaders(this.#record);
    const found = find(this.#record, path);
    return found.value === undefined ? undefined : toCel(found.schema, found.value);
  }
}

/** A part of the record as it is there; its value is undefined where there is none of that name. */
export function find(record: ConnectRecord, { variable, names }: Path): Found {
  switch (variable) {
    case "value":
      return walk({ schema: record.valueSchema, value: record.value }, names);
    case "key":
      return walk({ schema: record.keySchema, value: record.key }, names);
    case "headers": {
      const [name = "", ...rest] = names;
      const header = record.hasHeaders ? record.headers.lastWithName(name) : undefined;
      return header === undefined ? MISSING : walk(header, rest);
    }
    default:
      return names.length === 0 ? { schema: null, value: metadata(record, variable) } : MISSING;
  }
}

function metadata(record: ConnectRecord, variable: Variable): unknown {
  switch (variable) {
    case "topic":
      return record.topic;
    case "partition":
      return record.kafkaPartition;
    case "offset":
      return "kafkaOffset" in record ? (record as SinkRecord).kafkaOffset : null;
    default:
      return record.timestamp === null ? null : new Date(record.timestamp);
  }
}

/** Of headers of the same name, the last, as `lastWithName` gives it. */
function allHeaders(record: ConnectRecord): CelMap {
  const values = new Map<string, CelInput>();
  for (const { key, schema, value } of record.headers) values.set(key, toCel(schema, value));
  return celMap(values);
}

const MISSING: Found = { schema: null, value: undefined };

function walk(from: Found, names: readonly string[]): Found {
  let found = from;
  for (const name of names) {
    found = member(found, name);
    if (found.value === undefined) return MISSING;
  }
  return found;
}

function member({ schema, value }: Found, name: string): Found {
  if (isStruct(value)) {
    const field = value.schema.field(name);
    return field === undefined ? MISSING : { schema: field.schema, value: value.get(field) };
  }
  if (!isMapLike(value)) return MISSING;
  const values = schema?.type === "MAP" ? schema.valueSchemaOrNull : null;
  return { schema: values, value: mapGet(value, name) };
}

export function pathText({ variable, names }: Path): string {
  return [variable, ...names].join(".");
}
