import {
  ConnectRecord,
  isStruct,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as transforms from "../src/index.ts";
import { configured, flatMap, flatStruct, recordOf } from "./flat-data.ts";
import { comparableRecord, describeRecord, type GoldenError, outcome } from "./golden-recording.ts";

interface Case {
  readonly transform: new () => Transformation;
  /** Its configuration, by how a name of a field is written. */
  readonly config: (path: (name: string) => string) => Props;
}

/** What each transform can do with fields. */
const CASES: Readonly<Record<string, Case>> = {
  "Cast to text": {
    transform: transforms.CastValue,
    config: (path) => ({ spec: `${path("a")}:string,${path("b")}:boolean` }),
  },
  MaskField: {
    transform: transforms.MaskFieldValue,
    config: (path) => ({ fields: `${path("a")},${path("7")}` }),
  },
  "MaskField with a replacement": {
    transform: transforms.MaskFieldValue,
    config: (path) => ({ fields: path("a"), replacement: "5" }),
  },
  "ReplaceField that excludes": {
    transform: transforms.ReplaceFieldValue,
    config: (path) => ({ exclude: `${path("a")},${path("b")}` }),
  },
  "ReplaceField that includes": {
    transform: transforms.ReplaceFieldValue,
    config: (path) => ({ include: `${path("a")},${path("b")},${path("7")}`, exclude: path("b") }),
  },
  "ReplaceField that renames": {
    transform: transforms.ReplaceFieldValue,
    config: (path) => ({ renames: `${path("a")}:new,${path("b")}:a` }),
  },
  TimestampConverter: {
    transform: transforms.TimestampConverterValue,
    config: (path) => ({ field: path("a"), "target.type": "unix", format: "yyyy" }),
  },
  InsertField: {
    transform: transforms.InsertFieldValue,
    config: (path) => ({
      "topic.field": `${path("t")}!`,
      "timestamp.field": path("ts"),
      "static.field": path("s"),
      "static.value": "v",
    }),
  },
  "HoistField of a field": {
    transform: transforms.HoistFieldValue,
    config: (path) => ({ field: "w", hoisted: path("a") }),
  },
};

const READERS: Readonly<Record<string, Case>> = {
  ExtractField: {
    transform: transforms.ExtractFieldValue,
    config: (path) => ({ field: path("a") }),
  },
  "HeaderFrom that moves": {
    transform: transforms.HeaderFromValue,
    config: (path) => ({ fields: path("a"), headers: "h", operation: "move" }),
  },
  "HeaderFrom that copies": {
    transform: transforms.HeaderFromValue,
    config: (path) => ({ fields: path("a"), headers: "h", operation: "copy" }),
  },
};

const withTexts = (path: string) => (name: string) => path.replace("NAME", name);

function applied(
  { transform, config }: Case,
  path: string,
  version: string,
  record: ConnectRecord,
) {
  const transformation = configured(transform, {
    ...config(withTexts(path)),
    "field.syntax.version": version,
  });
  return outcome(() => transformation.apply(record) as ConnectRecord);
}

/** Errors name the field as it was written. */
function described(result: ConnectRecord | GoldenError): unknown {
  return result instanceof ConnectRecord
    ? comparableRecord(describeRecord(result))
    : { ...result, message: result.message?.replaceAll("`", "") };
}

const structs = flatStruct.map((struct) => recordOf(struct, struct.schema));
const maps = flatMap.map((map) => recordOf(map, null));

describe("V2 does with the name of a field what V1 does", () => {
  const cases = Object.entries({ ...CASES, ...READERS });

  test.for(cases)("%s", ([, given]) => {
    fc.assert(
      fc.property(fc.oneof(structs, maps), (record) => {
        const plain = described(applied(given, "NAME", "V1", record));
        expect(described(applied(given, "NAME", "V2", record))).toEqual(plain);
        expect(described(applied(given, "`NAME`", "V2", record))).toEqual(plain);
        const dotted = described(applied(given, "NAME.b", "V1", record));
        expect(described(applied(given, "`NAME.b`", "V2", record))).toEqual(dotted);
      }),
    );
  });

  test("ValueToKey", () => {
    const given = {
      transform: transforms.ValueToKey,
      config: (path: (name: string) => string) => ({ fields: path("a") }),
    };
    fc.assert(
      fc.property(fc.oneof(structs, maps), (record) => {
        const plain = described(applied(given, "NAME", "V1", record));
        expect(described(applied(given, "NAME", "V2", record))).toEqual(plain);
      }),
    );
  });
});

/** Holds a value, alone or by the key "k". */
const HOLDERS = {
  "a list": {
    schema: (element: Schema) => SchemaBuilder.array(element).build(),
    hold: (element: unknown) => [element],
    only: (held: unknown) => (held as unknown[])[0],
  },
  "a map": {
    schema: (element: Schema) => SchemaBuilder.map(STRING_SCHEMA, element).build(),
    hold: (element: unknown, schema: Schema | null) =>
      schema === null ? { k: element } : new Map([["k", element]]),
    only: (held: unknown) =>
      held instanceof Map ? held.get("k") : (held as Record<string, unknown>)["k"],
  },
} as const;

describe.each(Object.entries(HOLDERS))("what is done in the one element of %s", (_name, holder) => {
  /** The same record, with its value in the only field, held. */
  function holding(record: ConnectRecord): ConnectRecord {
    const { value, valueSchema } = record;
    const held = holder.hold(value, valueSchema);
    if (valueSchema === null) return recordOf({ in: held }, null);
    const schema = SchemaBuilder.struct().field("in", holder.schema(valueSchema)).build();
    return recordOf(Struct.of(schema, [held]), schema);
  }

  /** The value that is held again. */
  function released(record: ConnectRecord): ConnectRecord {
    const { value, valueSchema } = record;
    if (valueSchema === null) {
      return record.newRecord({ value: holder.only((value as { in: unknown }).in) });
    }
    const field = valueSchema.field("in")!;
    const inner = holder.only((value as Struct).values[0]);
    return record.newRecord({ valueSchema: field.schema.valueSchema, value: inner });
  }

  test.for(Object.entries(CASES))("is what is done alone: %s", ([, given]) => {
    fc.assert(
      fc.property(fc.oneof(structs, maps), (record) => {
        const alone = applied(given, "NAME", "V1", record);
        const within = applied(given, "in[*].NAME", "V2", holding(record));
        expect(described(within instanceof ConnectRecord ? released(within) : within)).toEqual(
          described(alone),
        );
      }),
    );
  });

  test.for(["move", "copy"])("is held again by the header: %s", (operation) => {
    const given: Case = {
      transform: transforms.HeaderFromValue,
      config: (path) => ({ fields: path("a"), headers: "h", operation }),
    };
    fc.assert(
      fc.property(fc.oneof(structs, maps), (record) => {
        fc.pre(hasField(record.value, "a"));
        const alone = applied(given, "NAME", "V1", record) as ConnectRecord;
        const within = applied(given, "in[*].NAME", "V2", holding(record)) as ConnectRecord;
        const [header] = within.headers;
        const [expected] = alone.headers;
        expect(holder.only(header!.value)).toEqual(expected!.value);
        expect(header!.schema?.valueSchema.equals(expected!.schema)).toBe(
          expected!.schema === null ? undefined : true,
        );
        expect(valueOf(released(within))).toEqual(valueOf(alone));
      }),
    );
  });

  test("is held again by what is extracted, and by the key", () => {
    const extract = configured(transforms.ExtractFieldValue, {
      field: "in[*].a",
      "field.syntax.version": "V2",
    });
    const toKey = configured(transforms.ValueToKey, {
      fields: "in[*].a",
      "field.syntax.version": "V2",
    });
    fc.assert(
      fc.property(fc.oneof(structs, maps), (record) => {
        fc.pre(hasField(record.value, "a"));
        const expected = fieldOf(record.value, "a");
        const { value, valueSchema } = extract.apply(holding(record));
        expect(holder.only(value)).toBe(expected);
        const { key, keySchema } = toKey.apply(holding(record));
        expect(holder.only(fieldOf(key, "in[*].a"))).toBe(expected);
        expect(keySchema?.fields[0]?.schema.equals(valueSchema)).toBe(
          valueSchema === null ? undefined : true,
        );
      }),
    );
  });
});

function hasField(value: unknown, name: string): boolean {
  return isStruct(value)
    ? value.schema.field(name) !== undefined
    : Object.hasOwn(value as object, name);
}

function fieldOf(value: unknown, name: string): unknown {
  return isStruct(value) ? value.get(name) : (value as Record<string, unknown>)[name];
}

function valueOf({ value }: ConnectRecord): unknown {
  return isStruct(value) ? value.values : value;
}
