import {
  type ConfigDef,
  ConnectError,
  type ConnectRecord,
  DataError,
  type Field,
  type Headers,
  parseConfig,
  type Props,
  type RecordParts,
  type Schema,
  SchemaBuilder,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import { SchemaCache } from "../schema-cache.ts";
import { topicRenaming } from "../topic-renaming.ts";
import { type ChangeRecord, changeRecord, rowOf } from "./envelope.ts";
import { EVENT_ROUTER_CONFIG as CONFIG, type EventRouterConfig } from "./event-router-config.ts";
import { eventTimestamp } from "./event-timestamp.ts";

/** A column that goes along with the payload. */
interface Placement {
  readonly column: string;
  readonly place: string;
  readonly name: string;
}

/** A column, and its name where it is put. */
interface Placed {
  readonly name: string;
  readonly field: Field;
}

/** Where things stand in rows of one schema. */
interface Plan {
  readonly payload: Field;
  readonly key: Field;
  readonly id: Field;
  readonly headers: readonly Placed[];
  readonly partition: Placed | undefined;
  /** What goes beside the payload; if anything does, the value is a struct. */
  readonly envelope: readonly Placed[];
  /** The schemas of such structs, by kind and version. */
  readonly valueSchemas: Map<string, Schema>;
}

/** How many kinds and versions are remembered. */
const RECENT = 256;

/**
 * Makes records of the rows of an outbox table: one topic per kind of aggregate, the
 * payload as the value (Java: `io.debezium.transforms.outbox.EventRouter`). What is no
 * change event passes; deletions vanish, as rows are deleted once they were sent.
 */
export class EventRouter implements Transformation {
  #config!: EventRouterConfig;
  #placements: readonly Placement[] = [];
  #rename: (topic: string) => string | undefined = () => undefined;
  #plans!: SchemaCache<Plan>;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    this.#config = config;
    this.#plans = new SchemaCache((schema) => this.#compile(schema));
    this.#placements = (config["table.fields.additional.placement"] ?? []).map(placement);
    this.#rename = topicRenaming(config["route.topic.regex"], config["route.topic.replacement"], {
      replacementKey: "route.topic.replacement",
    });
  }

  apply(record: ConnectRecord): ConnectRecord | null {
    if (record.value === null) return null;
    const change = changeRecord(record);
    if (change === undefined) return record;
    switch (change.envelope.getString("op")) {
      case "d":
        return null;
      case "u":
        return this.#refuseUpdate(record);
      default: {
        const row = rowOf(change.envelope, "after");
        return row === null ? null : this.#route(change, row);
      }
    }
  }

  #refuseUpdate(record: ConnectRecord): null {
    if (this.#config["table.op.invalid.behavior"].toLowerCase() !== "fatal") return null;
    throw new ConnectError(`Unexpected update message received ${String(record.key)}, fail.`, {
      javaName: "java.lang.IllegalStateException",
    });
  }

  #route({ record, envelope }: ChangeRecord, row: Struct): ConnectRecord {
    const plan = this.#plans.get(row.schema);
    const timestampField = this.#config["table.field.event.timestamp"];
    const own = timestampField === null ? null : eventTimestamp(row, timestampField);
    const sent = envelope.schema.field("ts_ms") === undefined ? null : envelope.getInt64("ts_ms");
    const kind = row.getString(this.#config["route.by.field"]) ?? "";
    return record.newRecord({
      topic: this.#rename(kind) ?? kind,
      timestamp: own ?? (sent === null ? record.timestamp : Number(sent)),
      headers: headersOf(plan, record, row),
      ...keyOf(plan, record, row),
      ...this.#value(plan, row, kind),
      ...(plan.partition && { kafkaPartition: valueIn(row, plan.partition.field) as number }),
    });
  }

  #value(plan: Plan, row: Struct, kind: string): Partial<RecordParts> {
    const value = valueIn(row, plan.payload);
    if (this.#config["route.tombstone.on.empty.payload"] && (value === null || value === "")) {
      return { value: null, valueSchema: null };
    }
    if (plan.envelope.length === 0) return { value, valueSchema: plan.payload.schema };
    const versionField = this.#config["table.field.event.schema.version"];
    const version = versionField === null ? null : row.getInt32(versionField);
    const valueSchema = valueSchemaOf(plan, row.schema, kind, version);
    const values = [value, ...plan.envelope.map(({ field }) => valueIn(row, field))];
    return { value: Struct.of(valueSchema, values), valueSchema };
  }

  #compile(schema: Schema): Plan {
    const payloadName = this.#config["table.field.event.payload"];
    const payload = schema.field(payloadName);
    if (payload === undefined) {
      throw new ConnectError(`Unable to find payload field ${payloadName} in event`);
    }
    return {
      payload,
      key: column(schema, this.#config["table.field.event.key"]),
      id: column(schema, this.#config["table.field.event.id"]),
      headers: this.#placed(schema, "header"),
      partition: this.#placed(schema, "partition")[0],
      envelope: this.#placed(schema, "envelope"),
      valueSchemas: new Map(),
    };
  }

  #placed(schema: Schema, place: string): Placed[] {
    const mayMiss = this.#config["table.field.additional.missing"].toLowerCase() === "ignore";
    return this.#placements
      .filter((placement) => placement.place === place)
      .filter(({ column: name }) => !mayMiss || schema.field(name) !== undefined)
      .map(({ column: name, name: alias }) => ({ name: alias, field: column(schema, name) }));
  }
}

function headersOf({ id, headers: placed }: Plan, record: ConnectRecord, row: Struct): Headers {
  const headers = record.headers.duplicate().add("id", valueIn(row, id), id.schema);
  for (const { name, field } of placed) headers.add(name, valueIn(row, field), field.schema);
  return headers;
}

/** Rows without a key keep that of the event. */
function keyOf({ key: field }: Plan, record: ConnectRecord, row: Struct): Partial<RecordParts> {
  const key = valueIn(row, field);
  return key === null
    ? { key: record.key, keySchema: record.keySchema }
    : { key, keySchema: field.schema };
}

function valueSchemaOf(
  { payload, envelope, valueSchemas }: Plan,
  row: Schema,
  kind: string,
  version: number | null,
): Schema {
  const id = `${version} ${kind}`;
  const known = valueSchemas.get(id);
  if (known !== undefined) return known;
  const builder = SchemaBuilder.struct().name(
    `${row.name?.replace(/\.Value$/, "") ?? ""}.${kind}.Value`,
  );
  if (version !== null) builder.version(version);
  builder.field("payload", payload.schema);
  for (const { name, field } of envelope) builder.field(name, field.schema);
  const schema = builder.build();
  if (valueSchemas.size === RECENT) valueSchemas.clear();
  valueSchemas.set(id, schema);
  return schema;
}

function valueIn(row: Struct, { index }: Field): unknown {
  return row.values[index] ?? null;
}

/** @throws {DataError} when there is no such column */
function column(schema: Schema, name: string): Field {
  const field = schema.field(name);
  if (field === undefined) throw new DataError(`${name} is not a valid field name`);
  return field;
}

function placement(text: string): Placement {
  const [name = "", place = "", alias = name] = text.split(":");
  return { column: name, place: place.toLowerCase(), name: alias };
}
