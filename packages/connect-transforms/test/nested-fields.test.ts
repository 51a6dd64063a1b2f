import {
  type ConnectRecord,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  isStruct,
  mapEntries,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
  type Transformation,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import {
  CastValue,
  ExtractFieldValue,
  HeaderFromValue,
  HoistFieldValue,
  InsertFieldValue,
  MaskFieldValue,
  ReplaceFieldValue,
  TimestampConverterValue,
  ValueToKey,
} from "../src/index.ts";
import { configured, recordOf } from "./flat-data.ts";

const CUSTOMER = SchemaBuilder.struct()
  .name("Customer")
  .optional()
  .field("email", STRING_SCHEMA)
  .field("note", OPTIONAL_STRING_SCHEMA)
  .build();
const ITEM = SchemaBuilder.struct()
  .name("Item")
  .field("sku", STRING_SCHEMA)
  .field("price", STRING_SCHEMA)
  .field("at", TIMESTAMP_SCHEMA)
  .build();
const ORDER = SchemaBuilder.struct()
  .name("Order")
  .field("id", INT32_SCHEMA)
  .field("customer", CUSTOMER)
  .field("items", SchemaBuilder.array(ITEM).build())
  .field("scores", SchemaBuilder.map(STRING_SCHEMA, INT32_SCHEMA).optional().build())
  .field("grid", SchemaBuilder.array(SchemaBuilder.array(INT32_SCHEMA).build()).build())
  .build();

const TIME = new Date(86_400_000);

const order = () =>
  Struct.of(ORDER, [
    7,
    Struct.of(CUSTOMER, ["a@b", null]),
    [Struct.of(ITEM, ["x", "1.5", TIME]), Struct.of(ITEM, ["y", "2", TIME])],
    new Map([["k", 3]]),
    [[1, 2], [3]],
  ]);

/** Structs and maps as plain objects. */
function plain(value: unknown): unknown {
  if (isStruct(value)) {
    return Object.fromEntries(
      value.schema.fields.map(({ name, index }) => [name, plain(value.values[index])]),
    );
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    return Object.fromEntries([...mapEntries(value)].map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

const ORDERS = [
  ["with a schema", () => recordOf(order(), ORDER)],
  ["without schema", () => recordOf(plain(order()), null)],
] as const;

function apply(
  transform: new () => Transformation,
  props: Props,
  record: ConnectRecord,
): ConnectRecord {
  const transformation = configured(transform, { "field.syntax.version": "V2", ...props });
  return transformation.apply(record) as ConnectRecord;
}

const SAME = plain(order()) as {
  readonly customer: object;
  readonly items: readonly [object, object];
} & object;

describe.each(ORDERS)("paths to nested fields, %s", (_name, given) => {
  const changed = (transform: new () => Transformation, props: Props) =>
    plain(apply(transform, props, given()).value);

  test("Cast", () => {
    const spec = "items[*].price:float64, scores[*]:string, grid[*][*]:boolean";
    expect(changed(CastValue, { spec })).toEqual({
      ...SAME,
      items: [
        { ...SAME.items[0], price: 1.5 },
        { ...SAME.items[1], price: expect.anything() as unknown },
      ],
      scores: { k: "3" },
      grid: [[true, true], [true]],
    });
  });

  test("MaskField", () => {
    expect(changed(MaskFieldValue, { fields: "customer.email,items[*].sku,grid[*]" })).toEqual({
      ...SAME,
      customer: { ...SAME.customer, email: "" },
      items: SAME.items.map((item) => ({ ...item, sku: "" })),
      grid: [[], []],
    });
  });

  test("TimestampConverter", () => {
    expect(
      changed(TimestampConverterValue, { field: "items[*].at", "target.type": "unix" }),
    ).toEqual({ ...SAME, items: SAME.items.map((item) => ({ ...item, at: 86_400_000 })) });
  });

  test("ReplaceField", () => {
    const exclude = "customer.note,items[*].at,grid";
    const renames = "customer:buyer,customer.email:mail,items[*].sku:items[*].number";
    expect(changed(ReplaceFieldValue, { exclude, renames })).toEqual({
      id: 7,
      buyer: { mail: "a@b" },
      items: [
        { number: "x", price: "1.5" },
        { number: "y", price: "2" },
      ],
      scores: { k: 3 },
    });
    const include = "id,customer.email,items[*].sku,scores";
    expect(changed(ReplaceFieldValue, { include, exclude: "scores" })).toEqual({
      id: 7,
      customer: { email: "a@b" },
      items: [{ sku: "x" }, { sku: "y" }],
    });
    expect(changed(ReplaceFieldValue, { include: "customer,customer.email" })).toEqual({
      customer: SAME.customer,
    });
  });

  test("InsertField, which makes what is to hold a field", () => {
    expect(
      changed(InsertFieldValue, {
        "topic.field": "meta.kafka.topic!",
        "static.field": "items[*].shop",
        "static.value": "s",
        "timestamp.field": "customer.ts",
      }),
    ).toEqual({
      ...SAME,
      customer: { ...SAME.customer, ts: expect.anything() as unknown },
      items: SAME.items.map((item) => ({ ...item, shop: "s" })),
      meta: { kafka: { topic: "t" } },
    });
  });

  test("HoistField", () => {
    expect(changed(HoistFieldValue, { field: "w.v" })).toEqual({ w: { v: SAME } });
    expect(changed(HoistFieldValue, { field: "w", hoisted: "grid[*]" })).toEqual({
      ...SAME,
      grid: [{ w: [1, 2] }, { w: [3] }],
    });
    expect(changed(HoistFieldValue, { field: "w", hoisted: "customer.email" })).toEqual({
      ...SAME,
      customer: { ...SAME.customer, email: { w: "a@b" } },
    });
  });

  test("ExtractField", () => {
    const extracted = (field: string) => changed(ExtractFieldValue, { field });
    expect(extracted("customer.email")).toBe("a@b");
    expect(extracted("items[*].sku")).toEqual(["x", "y"]);
    expect(extracted("items.[*].sku")).toEqual(["x", "y"]);
    expect(extracted("scores[*]")).toEqual({ k: 3 });
    expect(extracted("grid[*][*]")).toEqual([[1, 2], [3]]);
  });

  test("ValueToKey", () => {
    const { key } = apply(ValueToKey, { fields: "id,customer.email,items[*].sku" }, given());
    expect(plain(key)).toEqual({ id: 7, "customer.email": "a@b", "items[*].sku": ["x", "y"] });
  });

  test("HeaderFrom", () => {
    const props = { fields: "customer.email,items[*].sku", headers: "mail,skus" };
    const moved = apply(HeaderFromValue, { ...props, operation: "move" }, given());
    expect([...moved.headers].map(({ key, value }) => [key, value])).toEqual([
      ["mail", "a@b"],
      ["skus", ["x", "y"]],
    ]);
    expect(plain(moved.value)).toEqual({
      ...SAME,
      customer: { note: null },
      items: SAME.items.map((item) => ({ ...item, sku: undefined })),
    });
    const copied = apply(HeaderFromValue, { ...props, operation: "copy" }, given());
    expect(plain(copied.value)).toEqual(SAME);
    expect([...copied.headers]).toEqual([...moved.headers]);
  });

  test("lead past what is null or not there", () => {
    const { value, valueSchema } = given();
    const without = isStruct(value)
      ? recordOf(Struct.of(ORDER, [7, null, [], null, []]), valueSchema)
      : recordOf({ id: 7, customer: null, items: [] }, null);
    for (const [transform, props] of [
      [CastValue, { spec: "customer.email:int8,scores[*]:int8,no.such:int8,items[*].sku:int8" }],
      [MaskFieldValue, { fields: "customer.email,no[*].such,scores[*]" }],
      [ReplaceFieldValue, { exclude: "customer.email,no.such", renames: "scores[*].a:b" }],
      [TimestampConverterValue, { field: "no.such", "target.type": "unix" }],
      [HoistFieldValue, { field: "w", hoisted: "customer.email" }],
      [
        InsertFieldValue,
        { "static.field": "customer.shop", "static.value": "s", "topic.field": "no[*].such" },
      ],
    ] as const) {
      // Values of maps have no fields to rename.
      const given = "renames" in props && valueSchema !== null ? { exclude: props.exclude } : props;
      const result = apply(transform, given, without);
      expect(plain(result.value)).toEqual(plain(without.value));
    }
    const { headers } = apply(
      HeaderFromValue,
      { fields: "customer.email", headers: "mail", operation: "copy" },
      without,
    );
    expect([...headers].map(({ value }) => value)).toEqual([null]);
  });
});

describe("schemas along a path", () => {
  const schemaOf = (transform: new () => Transformation, props: Props): Schema =>
    apply(transform, props, recordOf(order(), ORDER)).valueSchema!;

  test("keep all but what changes", () => {
    const cast = schemaOf(CastValue, { spec: "items[*].price:float64" });
    expect(cast.name).toBe("Order");
    expect(cast.field("customer")!.schema).toBe(CUSTOMER);
    const items = cast.field("items")!.schema;
    expect(items.valueSchema.name).toBe("Item");
    expect(items.valueSchema.field("price")!.schema.equals(FLOAT64_SCHEMA)).toBe(true);
    const masked = schemaOf(MaskFieldValue, { fields: "customer.email,items[*].sku" });
    expect(masked).toBe(ORDER);
    const excluded = schemaOf(ReplaceFieldValue, { exclude: "customer.note" });
    expect(excluded.field("customer")!.schema.optional).toBe(true);
  });

  test("have their defaults changed too", () => {
    const builder = SchemaBuilder.struct().field("n", STRING_SCHEMA);
    const nested = builder.defaultValue(Struct.of(builder.build(), ["5"])).build();
    const schema = SchemaBuilder.struct().field("in", nested).build();
    const { value, valueSchema } = apply(
      CastValue,
      { spec: "in.n:int32" },
      recordOf(Struct.of(schema, [null]), schema),
    );
    expect(plain(value)).toEqual({ in: { n: 5 } });
    expect(plain(valueSchema!.field("in")!.schema.defaultValue)).toEqual({ n: 5 });
  });

  test("stand in for null beside the path", () => {
    const withDefault = SchemaBuilder.int32().defaultValue(5).build();
    const schema = SchemaBuilder.struct().field("a", withDefault).field("b", STRING_SCHEMA).build();
    const record = recordOf(Struct.of(schema, [null, "x"]), schema);
    for (const [transform, props] of [
      [HoistFieldValue, { field: "w", hoisted: "b" }],
      [MaskFieldValue, { fields: "b" }],
      [ReplaceFieldValue, { renames: "b:c" }],
    ] as const) {
      expect((apply(transform, props, record).value as Struct).values[0]).toBe(5);
    }
  });

  test("are optional where something on the way may be null", () => {
    const extracted = schemaOf(ExtractFieldValue, { field: "items[*].sku" });
    expect(extracted.equals(SchemaBuilder.array(STRING_SCHEMA).build())).toBe(true);
    const maybe = SchemaBuilder.array(CUSTOMER).optional().build();
    const schema = SchemaBuilder.struct().field("all", maybe).build();
    const struct = Struct.of(schema, [[Struct.of(CUSTOMER, ["a", null]), null]]);
    const { value, valueSchema } = apply(
      ExtractFieldValue,
      { field: "all[*].email" },
      recordOf(struct, schema),
    );
    expect(value).toEqual(["a", null]);
    const expected = SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).optional().build();
    expect(valueSchema!.equals(expected)).toBe(true);
  });
});

describe("what a path cannot mean", () => {
  test.each<[new () => Transformation, Props, message: string]>([
    [MaskFieldValue, { fields: "a.b,a" }, "a and a.b lies within the other"],
    [CastValue, { spec: "a:int8,a[*].b:int8" }, "a[*].b and a lies within the other"],
    [CastValue, { spec: "a[*].b:int8,a.b:int8" }, "it is a list or a struct"],
    [MaskFieldValue, { fields: "[*].a" }, "begins with the name of a field"],
    [MaskFieldValue, { fields: "a,`b" }, "Incomplete backtick pair in path: [`b]"],
    [ReplaceFieldValue, { exclude: "a[*]" }, "must end with the name of a field"],
    [ReplaceFieldValue, { include: "a[*]" }, "must end with the name of a field"],
    [ReplaceFieldValue, { renames: "a.b:c.d" }, "A field stays where it is"],
    [
      HeaderFromValue,
      { fields: "a[*]", headers: "h", operation: "move" },
      "must end with the name of a field",
    ],
    [InsertFieldValue, { "topic.field": "a[*]!" }, "configuration topic.field: The path must end"],
    [
      InsertFieldValue,
      { "topic.field": "a", "timestamp.field": "a.b" },
      "Invalid value a.b for configuration timestamp.field",
    ],
    [HoistFieldValue, { field: "a[*]" }, "A new field cannot be an element [*]"],
  ])("%o %j is refused with the configuration", (transform, props, message) => {
    const configure = () => configured(transform, { "field.syntax.version": "V2", ...props });
    expect(configure).toThrow(message);
    expect(configure).toThrow(
      expect.objectContaining({
        javaName: "org.apache.kafka.common.config.ConfigException",
      }) as Error,
    );
  });

  test.each<[field: string, withSchema: string, without: string]>([
    ["id.x", "id is of type INT32 and has no fields", "Only Map objects supported"],
    ["items.sku", "write items[*] for each of its elements", "found: java.util.ArrayList"],
    ["id[*]", "only lists and maps have elements", "only lists and maps have elements for [*]"],
    ["items[*].sku.x", "items[*].sku is of type STRING", "found: java.lang.String"],
  ])("%s leads into what has no such parts", (field, withSchema, without) => {
    for (const [transform, props] of [
      [MaskFieldValue, { fields: field }],
      [ReplaceFieldValue, { exclude: field.replace(/\[\*\]$/, "[*].x") }],
    ] as const) {
      const messages = [withSchema, without];
      for (const [i, [, given]] of ORDERS.entries()) {
        expect(() => apply(transform, props, given())).toThrow(messages[i]!);
      }
    }
  });
});
