import {
  type ConfigDef,
  type ConnectRecord,
  DataError,
  type Headers,
  isStruct,
  OPTIONAL_STRING_SCHEMA,
  parseConfig,
  type Props,
  type RecordParts,
  type Schema,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import { copiedFields, fieldCopies, type FieldCopy, structLike } from "../field-copy.ts";
import { SchemaCache } from "../schema-cache.ts";
import { type ChangeRecord, changeRecord, rowOf } from "./envelope.ts";
import {
  EXTRACT_NEW_RECORD_STATE_CONFIG as CONFIG,
  type ExtractNewRecordStateConfig,
} from "./extract-new-record-state-config.ts";
import { FieldDropper } from "./field-dropper.ts";
import {
  fieldReference,
  readReference,
  type ResolvedReference,
  resolveReferences,
} from "./field-reference.ts";

interface RowPlan {
  readonly schema: Schema;
  readonly copies: readonly FieldCopy[];
}

/** What is known of the events of one schema. */
interface Plan {
  readonly fields: readonly ResolvedReference[];
  readonly headers: readonly ResolvedReference[];
  readonly rows: SchemaCache<RowPlan>;
}

/**
 * Makes of a change event the row after the change, as sinks want it (Java:
 * `io.debezium.transforms.ExtractNewRecordState`). What is no change event passes.
 */
export class ExtractNewRecordState implements Transformation {
  #config!: ExtractNewRecordStateConfig;
  #mode = "";
  #dropper!: FieldDropper;
  #plans!: SchemaCache<Plan>;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const replaceNulls = config["replace.null.with.default"];
    this.#config = config;
    this.#mode = config["delete.tombstone.handling.mode"].toLowerCase();
    this.#dropper = new FieldDropper(config["drop.fields.keep.schema.compatible"], replaceNulls);
    this.#plans = new SchemaCache((schema) => this.#compile(schema));
  }

  apply(record: ConnectRecord): ConnectRecord | null {
    if (record.value === null) return this.#mode === "rewrite-with-tombstone" ? record : null;
    const change = changeRecord(record);
    if (change === undefined) return record;
    const after = rowOf(change.envelope, "after");
    if (after !== null) return this.#row(change, after, "false");
    const before = rowOf(change.envelope, "before");
    // Truncations have neither.
    return before === null ? null : this.#deletion(change, before);
  }

  #deletion(change: ChangeRecord, before: Struct): ConnectRecord | null {
    switch (this.#mode) {
      case "drop":
        return null;
      case "tombstone":
        return this.#changed(change, before, { value: null, valueSchema: before.schema });
      case "delete-to-tombstone":
        return this.#changed(change, before, { value: null, valueSchema: null });
      default:
        return this.#row(change, before, "true");
    }
  }

  #row(change: ChangeRecord, row: Struct, deleted: string): ConnectRecord {
    const { fields, rows } = this.#plans.get(change.schema);
    const names = this.#droppedNames(change.record);
    const kept = names.length === 0 ? row : this.#dropper.without(row, names);
    const { schema, copies } = rows.get(kept.schema);
    const values = copiedFields(copies, kept.values);
    if (this.#isRewriting) values.push(deleted);
    for (const field of fields) values.push(readReference(field, change.envelope));
    const { key } = change.record;
    const isKeyChanged = names.length > 0 && this.#config["drop.fields.from.key"] && isStruct(key);
    const newKey = isKeyChanged ? this.#dropper.without(key, names) : undefined;
    return this.#changed(change, row, {
      value: Struct.of(schema, values),
      valueSchema: schema,
      ...(newKey !== undefined && { key: newKey, keySchema: newKey.schema }),
    });
  }

  #changed(change: ChangeRecord, row: Struct, changes: Partial<RecordParts>): ConnectRecord {
    const topic = this.#topic(row);
    const headers = this.#headers(change);
    return change.record.newRecord({
      ...changes,
      ...(topic !== undefined && { topic }),
      ...(headers !== undefined && { headers }),
    });
  }

  #topic(row: Struct): string | undefined {
    const field = this.#config["route.by.field"];
    if (field === "") return undefined;
    return row.getString(field) ?? undefined;
  }

  #headers({ record, schema, envelope }: ChangeRecord): Headers | undefined {
    const { headers: references } = this.#plans.get(schema);
    if (references.length === 0) return undefined;
    const headers = record.headers.duplicate();
    for (const reference of references) {
      headers.add(reference.name, readReference(reference, envelope), reference.schema);
    }
    return headers;
  }

  /** @throws {DataError} when the header is no list of names */
  #droppedNames(record: ConnectRecord): readonly string[] {
    const header = this.#config["drop.fields.header.name"];
    if (header === null || !record.hasHeaders) return [];
    const names = record.headers.lastWithName(header)?.value ?? [];
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
    throw new DataError(
      `The header ${header}, which drop.fields.header.name says has the fields to leave out, is no list of texts`,
    );
  }

  get #isRewriting(): boolean {
    return this.#mode.startsWith("rewrite");
  }

  #compile(envelope: Schema): Plan {
    const config = this.#config;
    const replaceNulls = config["replace.null.with.default"];
    const resolve = (texts: readonly string[], prefix: string) =>
      resolveReferences(
        texts.map((text) => fieldReference(text, prefix)),
        envelope,
        replaceNulls,
      );
    const fields = resolve(config["add.fields"], config["add.fields.prefix"]);
    return {
      fields,
      headers: resolve(config["add.headers"], config["add.headers.prefix"]),
      rows: new SchemaCache((row) => this.#compileRow(row, fields)),
    };
  }

  #compileRow(row: Schema, fields: readonly ResolvedReference[]): RowPlan {
    const builder = structLike(row);
    for (const field of row.fields) builder.field(field.name, field.schema);
    if (this.#isRewriting) builder.field("__deleted", OPTIONAL_STRING_SCHEMA);
    for (const field of fields) builder.field(field.name, field.schema);
    // Debezium replaces nulls only where it rewrites.
    const replaceNulls = this.#isRewriting && this.#config["replace.null.with.default"];
    return { schema: builder.build(), copies: fieldCopies(row, replaceNulls) };
  }
}
