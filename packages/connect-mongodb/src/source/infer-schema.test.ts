import { BSON } from "mongodb";
import { expect, test } from "vitest";
import type { Document } from "../bson/document.ts";
import { JsonWriter } from "../bson/json-writer.ts";
import { inferSchema } from "./infer-schema.ts";
import { ToConnect } from "./to-connect.ts";

const shape = (document: Document) =>
  inferSchema(document).fields.map(({ name, schema }) => [name, schema.type, schema.name]);

test("_id first, then by name; names of structs are paths", () => {
  const schema = inferSchema({ z: "", o: { y: 1, p: { q: true } }, A: null, _id: "x" });
  expect(schema.fields.map(({ name }) => name)).toEqual(["_id", "A", "o", "z"]);
  const inner = schema.field("o")!.schema;
  expect([inner.name, inner.field("p")!.schema.name]).toEqual(["o", "o_p"]);
  expect(schema.fields.every((field) => field.schema.optional)).toBe(true);
});

test("lists take what fits all of their elements", () => {
  const int = new BSON.Int32(1);
  expect(inferSchema({ a: [int, null] }).field("a")!.schema.valueSchema.type).toBe("INT32");
  expect(inferSchema({ a: [int, "x"] }).field("a")!.schema.valueSchema.type).toBe("STRING");
  expect(inferSchema({ a: [] }).field("a")!.schema.valueSchema.type).toBe("STRING");
  const structs = inferSchema({ a: [{ x: int }, { y: "", x: null }] }).field("a")!.schema
    .valueSchema;
  expect(structs.fields.map(({ name, schema }) => [name, schema.type])).toEqual([
    ["x", "INT32"],
    ["y", "STRING"],
  ]);
});

test("types of BSON, and values of them", () => {
  const document = {
    i: new BSON.Int32(1),
    l: BSON.Long.fromString("9007199254740993"),
    d: new BSON.Double(1),
    dec: BSON.Decimal128.fromString("1.50"),
    nan: BSON.Decimal128.fromString("NaN"),
    ts: new BSON.Timestamp({ t: 7, i: 8 }),
    oid: new BSON.ObjectId("6b0028d7746fb1e3d83c6d98"),
    re: new BSON.BSONRegExp("a", "i"),
  };
  expect(shape(document)).toEqual([
    ["d", "FLOAT64", undefined],
    ["dec", "BYTES", "org.apache.kafka.connect.data.Decimal"],
    ["i", "INT32", undefined],
    ["l", "INT64", undefined],
    ["nan", "STRING", undefined],
    ["oid", "STRING", undefined],
    ["re", "STRING", undefined],
    ["ts", "INT64", "org.apache.kafka.connect.data.Timestamp"],
  ]);
  const schema = inferSchema(document);
  const struct = new ToConnect(new JsonWriter("simplified")).value(schema, document) as {
    values: unknown[];
  };
  expect(struct.values).toEqual([
    1,
    expect.objectContaining({ unscaled: 150n, scale: 2 }),
    1,
    9_007_199_254_740_993n,
    "NaN",
    "6b0028d7746fb1e3d83c6d98",
    '{"$regularExpression": {"pattern": "a", "options": "i"}}',
    new Date(7000),
  ]);
});
