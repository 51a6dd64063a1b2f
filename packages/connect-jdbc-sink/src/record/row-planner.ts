import {
  DataError,
  isMapLike,
  isStruct,
  mapEntries,
  type Schema,
  type SinkRecord,
} from "@millrace/connect-api";
import type { Config } from "../config.ts";
import { envelopeRowSchema, eventKind, unavailableFields } from "./envelope.ts";
import {
  type Holder,
  kafkaFields,
  recordKeyFields,
  recordValueKeyFields,
  valueFields,
} from "./row-fields.ts";
import type { RowField, RowPlan } from "./row-plan.ts";

/** How many plans of records without schema, each with fields of its own, are kept. */
const MAX_PLANS = 500;

interface KnownPlan {
  readonly keySchema: Schema | null;
  readonly valueSchema: Schema | null;
  /** Names of the fields, where a schema does not tell them, or those that are absent. */
  readonly names: string;
  readonly plan: RowPlan;
}

const VALUE: Holder = (record) => record.value;
const AFTER_INDEX = new WeakMap<Schema, number>();

/** Makes rows of the records of one topic, as its configuration says (Java: `FieldsMetadata`, `RecordValidator`). */
export class RowPlanner {
  readonly #config: Config;
  #known: KnownPlan[] = [];
  #last: KnownPlan | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  /** The row that was planned last: the value, or what it is after the change. */
  row: unknown;
  /** `source` of the change event that was planned last. */
  source: unknown;

  /**
   * What becomes of a record; undefined for a change event that is of no row.
   * @throws {DataError} when the record cannot be a row, with the reason alone
   */
  plan(record: SinkRecord): RowPlan | undefined {
    const { value, valueSchema } = record;
    const format = this.#config["value.format"];
    const rowSchema = value === null ? undefined : envelopeRowSchema(valueSchema, format);
    if (rowSchema !== undefined) return this.#planEvent(record, rowSchema);
    const isDelete = value === null;
    this.row = value;
    this.source = null;
    return this.#planOf(record, isDelete, () => this.#make(record, isDelete, valueSchema, VALUE));
  }

  #planEvent(record: SinkRecord, rowSchema: Schema): RowPlan | undefined {
    const kind = eventKind(record);
    if (kind === "skip") return undefined;
    const isDelete = kind === "delete";
    const after = afterOf(record.valueSchema!);
    this.row = isDelete ? memberOf(record.value, "before") : after(record);
    this.source = memberOf(record.value, "source");
    if (!isDelete && this.row === null) {
      throw new DataError("a change event has no row after the change");
    }
    const absent = isDelete ? [] : unavailableFields(this.row);
    const make = () => without(this.#make(record, isDelete, rowSchema, after), absent);
    return this.#planOf(record, isDelete, make, absent);
  }

  #planOf(
    record: SinkRecord,
    isDelete: boolean,
    make: () => RowPlan,
    absent: readonly string[] = [],
  ): RowPlan {
    const { keySchema, valueSchema } = record;
    const names = absent.length > 0 ? JSON.stringify({ absent }) : namesOf(record);
    const last = this.#last;
    if (
      last !== undefined &&
      last.keySchema === keySchema &&
      last.valueSchema === valueSchema &&
      last.plan.isDelete === isDelete &&
      last.names === names
    ) {
      return last.plan;
    }
    let known = this.#known.find(
      (candidate) =>
        candidate.plan.isDelete === isDelete &&
        candidate.names === names &&
        same(candidate.keySchema, keySchema) &&
        same(candidate.valueSchema, valueSchema),
    );
    if (known === undefined) {
      known = { keySchema, valueSchema, names, plan: make() };
      if (this.#known.length >= MAX_PLANS) this.#known = [];
      this.#known.push(known);
    }
    this.#last = { ...known, keySchema, valueSchema };
    return known.plan;
  }

  #make(record: SinkRecord, isDelete: boolean, schema: Schema | null, holder: Holder): RowPlan {
    const config = this.#config;
    const pkFields = config["pk.fields"];
    if (isDelete) {
      if (!config["delete.enabled"]) {
        throw new DataError(
          "its value is null (or it is a Debezium delete), and delete.enabled is false",
        );
      }
      const fields = recordKeyFields(record, pkFields);
      return { isDelete, fields, tableFields: fields };
    }
    const value = holder(record);
    const all = valueFields(schema, value, holder, config);
    const keys = this.#keys(record, all, pkFields);
    const keyNames = new Set(keys.map(({ name }) => name));
    const whitelist = config["fields.whitelist"];
    const others = all.filter(
      ({ name }) => !keyNames.has(name) && (whitelist.length === 0 || whitelist.includes(name)),
    );
    const fields = [...keys, ...others];
    if (fields.length === 0) throw new DataError("no field of it is to be written");
    return { isDelete, fields, tableFields: inTableOrder(config, fields, all) };
  }

  #keys(record: SinkRecord, all: readonly RowField[], names: readonly string[]): RowField[] {
    switch (this.#config["pk.mode"]) {
      case "none":
        return [];
      case "kafka":
        return kafkaFields(names);
      case "record_key":
        return recordKeyFields(record, names);
      case "record_value":
        return recordValueKeyFields(all, names);
    }
  }
}

/** A table that is made still has the columns. */
function without(plan: RowPlan, names: readonly string[]): RowPlan {
  const fields = plan.fields.filter(({ name, isKey }) => isKey || !names.includes(name));
  return { ...plan, fields };
}

/** Kafka's columns, then the value's in their order, then the rest by name (Java: `FieldsMetadata`). */
function inTableOrder(
  config: Config,
  fields: readonly RowField[],
  all: readonly RowField[],
): RowField[] {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const ofKafka = config["pk.mode"] === "kafka" ? fields.filter(({ isKey }) => isKey) : [];
  const order = new Set([
    ...ofKafka.map(({ name }) => name),
    ...all.map(({ name }) => name),
    ...[...byName.keys()].toSorted(),
  ]);
  return [...order].flatMap((name) => byName.get(name) ?? []);
}

/** Of keys and values that are maps without schema. */
function namesOf({ keySchema, key, valueSchema, value }: SinkRecord): string {
  if ((keySchema !== null || !isMapLike(key)) && (valueSchema !== null || !isMapLike(value)))
    return "";
  const names = (schema: Schema | null, map: unknown) =>
    schema === null && isMapLike(map)
      ? Array.from(mapEntries(map), ([name]) => String(name))
      : null;
  return JSON.stringify([names(keySchema, key), names(valueSchema, value)]);
}

function afterOf(envelope: Schema): Holder {
  let index = AFTER_INDEX.get(envelope);
  if (index === undefined) {
    index = envelope.field("after")!.index;
    AFTER_INDEX.set(envelope, index);
  }
  const at = index;
  return (record) => (isStruct(record.value) ? (record.value.values[at] ?? null) : null);
}

function memberOf(value: unknown, name: string): unknown {
  return isStruct(value) && value.schema.field(name) !== undefined ? value.get(name) : null;
}

const same = (a: Schema | null, b: Schema | null): boolean =>
  a === b || (a !== null && a.equals(b));
