import {
  Decimal,
  decimalSchema,
  INT16_SCHEMA,
  INT64_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { ProtobufConverter } from "../src/index.ts";
import { askRegistry, atOnce, configured, newTopic, read, write } from "./registry.ts";

const ORDER = SchemaBuilder.struct()
  .name("com.example.Order")
  .field("id", INT64_SCHEMA)
  .field("small", INT16_SCHEMA)
  .field("price", decimalSchema(2))
  .field("at", TIMESTAMP_SCHEMA)
  .field("tags", SchemaBuilder.map(STRING_SCHEMA, STRING_SCHEMA).build())
  .build();

test("a struct goes by a schema of type PROTOBUF, and comes back the same", async () => {
  const topic = newTopic();
  const converter = await configured(new ProtobufConverter());
  const value = new Struct(ORDER)
    .put("id", -(2n ** 63n))
    .put("small", -1)
    .put("price", Decimal.parse("-12345678901234567890.50"))
    .put("at", new Date(-1))
    .put("tags", new Map([["ä", "ö"]]));
  const bytes = await write(converter, topic, ORDER, value);
  const { schemaType, id } = await askRegistry("GET", `/subjects/${topic}-value/versions/1`);
  expect([schemaType, id]).toEqual(["PROTOBUF", bytes.readInt32BE(1)]);
  const reader = await configured(new ProtobufConverter());
  const first = await read(reader, topic, bytes);
  expect([first.schema?.name, first.schema?.version]).toEqual(["Order", 1]);
  expect((first.value as Struct).values).toEqual(value.values);
  expect(atOnce(reader.toConnectData(topic, [], bytes)).schema).toBe(first.schema);
  atOnce(converter.fromConnectData(topic, [], ORDER, value));
});

test("references between files", async () => {
  const topic = newTopic();
  const register = async (subject: string, schema: string, references: object[] = []) =>
    await askRegistry("POST", `/subjects/${subject}/versions`, {
      schema,
      schemaType: "PROTOBUF",
      references,
    });
  const address = 'syntax = "proto3";\npackage x;\n\nmessage Address {\n  int32 zip = 1;\n}\n';
  await register(`${topic}-address`, address);
  const user =
    'syntax = "proto3";\npackage x;\n\nimport "address.proto";\n\nmessage User {\n  string name = 1;\n  x.Address home = 2;\n}\n';
  const reference = { name: "address.proto", subject: `${topic}-address`, version: 1 };
  const { id } = await register(`${topic}-value`, user, [reference]);
  const converter = await configured(new ProtobufConverter());
  const bytes = Buffer.from([0, 0, 0, 0, 0, 0, 0x0a, 1, 0x41, 0x12, 2, 0x08, 7]);
  bytes.writeInt32BE(Number(id), 1);
  const { value } = await read(converter, topic, bytes);
  const { values } = value as Struct;
  expect([values[0], (values[1] as Struct).values]).toEqual(["A", [7]]);
});
