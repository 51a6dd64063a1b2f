import { INT64_SCHEMA, OPTIONAL_STRING_SCHEMA, SchemaBuilder, Struct } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { JsonSchemaConverter } from "../src/index.ts";
import { askRegistry, atOnce, configured, newTopic, read, write } from "./registry.ts";

const USER = SchemaBuilder.struct()
  .name("User")
  .field("id", INT64_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .build();

test("a struct goes by a schema of type JSON, and comes back the same", async () => {
  const topic = newTopic();
  const converter = await configured(new JsonSchemaConverter());
  const value = new Struct(USER).put("id", 2n ** 60n).put("name", "Zoë");
  const bytes = await write(converter, topic, USER, value);
  expect(bytes.subarray(5).toString()).toBe('{"id":1152921504606846976,"name":"Zoë"}');
  const { schemaType, id } = await askRegistry("GET", `/subjects/${topic}-value/versions/1`);
  expect([schemaType, id]).toEqual(["JSON", bytes.readInt32BE(1)]);
  const reader = await configured(new JsonSchemaConverter());
  const first = await read(reader, topic, bytes);
  expect([first.schema?.name, first.schema?.version]).toEqual(["User", 1]);
  expect((first.value as Struct).values).toEqual(value.values);
  expect(atOnce(reader.toConnectData(topic, [], bytes)).schema).toBe(first.schema);
  atOnce(converter.fromConnectData(topic, [], USER, value));
});

test("the latest schema is written by; strictly, it has to know all fields", async () => {
  const topic = newTopic();
  const latest = {
    type: "object",
    title: "User",
    properties: {
      id: { type: "integer" },
      more: { oneOf: [{ type: "null" }, { type: "string" }] },
    },
  };
  const { id } = await askRegistry("POST", `/subjects/${topic}-value/versions`, {
    schema: JSON.stringify(latest),
    schemaType: "JSON",
  });
  const props = { "auto.register.schemas": "false", "use.latest.version": "true" };
  const value = new Struct(USER).put("id", 1).put("name", null);
  const strict = await configured(new JsonSchemaConverter(), props);
  await expect(write(strict, topic, USER, value)).rejects.toThrow("The data has the field name");
  const lax = await configured(new JsonSchemaConverter(), {
    ...props,
    "latest.compatibility.strict": "false",
  });
  expect((await write(lax, topic, USER, value)).readInt32BE(1)).toBe(id);
});
