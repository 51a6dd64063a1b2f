import {
  BOOLEAN_SCHEMA,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  SchemaBuilder,
  Struct,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { configured, flatMap, flatStruct, recordOf, through } from "./flat-data.ts";
import { describe, expect, test } from "vitest";
import {
  CastValue,
  ExtractFieldKey,
  ExtractFieldValue,
  FlattenValue,
  HeaderFromValue,
  HoistFieldValue,
  InsertFieldValue,
  MaskFieldValue,
  ReplaceFieldValue,
  SetSchemaMetadataValue,
  TimestampConverterValue,
  ValueToKey,
} from "../src/index.ts";

describe("what was inserted can be left out again", () => {
  const insert = configured(InsertFieldValue, { "static.field": "new", "static.value": "v" });
  const remove = configured(ReplaceFieldValue, { exclude: "new" });

  test("of structs", () => {
    fc.assert(
      fc.property(flatStruct, (struct) => {
        const { value, valueSchema } = through(recordOf(struct, struct.schema), insert, remove);
        expect(valueSchema!.equals(struct.schema)).toBe(true);
        expect(struct.equals(value)).toBe(true);
      }),
    );
  });

  test("of maps", () => {
    fc.assert(
      fc.property(flatMap, (map) => {
        expect(through(recordOf(map, null), insert, remove).value).toEqual(map);
      }),
    );
  });
});

test("what was hoisted can be extracted again", () => {
  const hoist = configured(HoistFieldValue, { field: "w" });
  const extract = configured(ExtractFieldValue, { field: "w" });
  fc.assert(
    fc.property(flatStruct, (struct) => {
      const { value, valueSchema } = through(recordOf(struct, struct.schema), hoist, extract);
      expect(valueSchema!.equals(struct.schema)).toBe(true);
      expect(value).toBe(struct);
    }),
  );
});

test("names that were exchanged twice are as before", () => {
  const swap = configured(ReplaceFieldValue, { renames: "a:b,b:a" });
  fc.assert(
    fc.property(flatStruct, (struct) => {
      const both = struct.schema.field("a") && struct.schema.field("b");
      fc.pre(both !== undefined);
      expect(struct.equals(through(recordOf(struct, struct.schema), swap, swap).value)).toBe(true);
    }),
  );
});

describe("flattening what is flat changes nothing", () => {
  const flatten = configured(FlattenValue, {});

  test("in structs", () => {
    fc.assert(
      fc.property(flatStruct, (struct) => {
        const { value } = through(recordOf(struct, struct.schema), flatten);
        expect(struct.equals(value)).toBe(true);
      }),
    );
  });

  test("in maps", () => {
    fc.assert(
      fc.property(flatMap, (map) => {
        expect(through(recordOf(map, null), flatten).value).toEqual(map);
      }),
    );
  });
});

test("a number cast to text and back is the same", () => {
  const schemas = [
    ["int32", INT32_SCHEMA, fc.integer()],
    ["int64", INT64_SCHEMA, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(safe)],
    ["float64", FLOAT64_SCHEMA, fc.double()],
    ["boolean", BOOLEAN_SCHEMA, fc.boolean()],
  ] as const;
  const toText = configured(CastValue, { spec: "string" });
  for (const [type, schema, values] of schemas) {
    const back = configured(CastValue, { spec: type });
    fc.assert(
      fc.property(values as fc.Arbitrary<unknown>, (value) => {
        const { value: result, valueSchema } = through(recordOf(value, schema), toText, back);
        expect(result).toBe(value);
        expect(valueSchema!.equals(schema)).toBe(true);
      }),
    );
  }
});

test("an integer cast to a wider type and back is the same", () => {
  const wide = configured(CastValue, { spec: "int64" });
  const narrow = configured(CastValue, { spec: "int32" });
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(through(recordOf(value, INT32_SCHEMA), wide, narrow).value).toBe(value);
    }),
  );
});

test("a timestamp as text and back is the same", () => {
  const format = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
  const toText = configured(TimestampConverterValue, { "target.type": "string", format });
  const back = configured(TimestampConverterValue, { "target.type": "unix", format });
  fc.assert(
    fc.property(fc.integer({ min: -6e13, max: 2e14 }), (millis) => {
      expect(through(recordOf(millis, INT64_SCHEMA), toText, back).value).toBe(millis);
    }),
  );
});

test("equal schemas lead to the identical schema", () => {
  const transforms = [
    configured(InsertFieldValue, { "topic.field": "new" }),
    configured(ReplaceFieldValue, { renames: "a:z" }),
    configured(CastValue, { spec: "a:string" }),
    configured(FlattenValue, { delimiter: "_" }),
    configured(HoistFieldValue, { field: "w" }),
    configured(SetSchemaMetadataValue, { "schema.name": "N" }),
    configured(HeaderFromValue, { fields: "a", headers: "h", operation: "move" }),
    configured(TimestampConverterValue, { "target.type": "Date", field: "ts" }),
  ];
  const make = () =>
    SchemaBuilder.struct()
      .field("a", INT32_SCHEMA)
      .field("ts", INT64_SCHEMA)
      .field("n", SchemaBuilder.struct().optional().field("m", INT32_SCHEMA).build())
      .build();
  for (const transformation of transforms) {
    const [first, second] = [make(), make()].map((schema) =>
      through(recordOf(Struct.of(schema, [1, 2, null]), schema), transformation),
    );
    expect(first!.valueSchema).toBe(second!.valueSchema);
    expect((first!.value as Struct).schema).toBe(first!.valueSchema);
  }
});

test("a transform forgets schemas that many others came after, and finds its way all the same", () => {
  const insert = configured(InsertFieldValue, { "topic.field": "new" });
  const schemas = Array.from({ length: 40 }, (_, i) =>
    SchemaBuilder.struct().field(`f${i}`, INT32_SCHEMA).build(),
  );
  for (const schema of [...schemas, ...schemas]) {
    const { value } = through(recordOf(Struct.of(schema, [1]), schema), insert);
    expect((value as Struct).values).toEqual([1, "t"]);
  }
});

test("a masked field is null or empty, the others are as before", () => {
  const mask = configured(MaskFieldValue, { fields: "a" });
  fc.assert(
    fc.property(flatStruct, (struct) => {
      const { value } = through(recordOf(struct, struct.schema), mask);
      const empty = [null, 0, false, ""];
      const masked = (value as Struct).values.map((item, i) =>
        struct.schema.fields[i]!.name === "a" && empty.includes(item as null) ? "masked" : item,
      );
      const expected = struct.values.map((item, i) =>
        struct.schema.fields[i]!.name === "a" ? "masked" : item,
      );
      expect(masked).toEqual(expected);
    }),
  );
});

test("a key of one field can be extracted again", () => {
  const toKey = configured(ValueToKey, { fields: "a" });
  const extract = configured(ExtractFieldKey, { field: "a" });
  fc.assert(
    fc.property(flatStruct, (struct) => {
      fc.pre(struct.schema.field("a") !== undefined);
      const { key } = through(recordOf(struct, struct.schema), toKey, extract);
      expect(key).toBe(struct.get("a"));
    }),
  );
});

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
