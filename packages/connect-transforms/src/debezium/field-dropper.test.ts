import { INT32_SCHEMA, OPTIONAL_STRING_SCHEMA, SchemaBuilder, Struct } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { FieldDropper } from "./field-dropper.ts";

const SCHEMA = SchemaBuilder.struct()
  .name("R")
  .field("id", INT32_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("d", SchemaBuilder.string().optional().defaultValue("dd").build())
  .build();
const ROW = Struct.of(SCHEMA, [1, "a", null]);

test("fields are left out, the rest is as before", () => {
  const dropped = new FieldDropper(false, false).without(ROW, ["id", "nope"]);
  expect(dropped.schema.fields.map(({ name }) => name)).toEqual(["name", "d"]);
  expect(dropped.schema.name).toBe("R");
  expect(dropped.values).toEqual(["a", null]);
});

test("required fields stay where readers may need them", () => {
  const dropped = new FieldDropper(true, true).without(ROW, ["id", "name"]);
  expect(dropped.schema.fields.map(({ name }) => name)).toEqual(["id", "d"]);
  expect(dropped.values).toEqual([1, "dd"]);
});

test("the same lists lead to the same schema, and any number of others does no harm", () => {
  const dropper = new FieldDropper(false, false);
  const first = dropper.without(ROW, ["id"]).schema;
  expect(dropper.without(ROW, ["id"]).schema).toBe(first);
  for (let i = 0; i < 200; i++) dropper.without(ROW, [`x${i}`]);
  expect(dropper.without(ROW, ["id"]).schema.equals(first)).toBe(true);
});
