import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  daysToDate,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  INT16_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { pythonPackages, sharedSchemaRegistry } from "@millrace/services";
import { expect, test } from "vitest";
import { AvroConverter } from "../src/index.ts";
import { configured, newTopic, read, write } from "./registry.ts";

const ROW = SchemaBuilder.struct()
  .name("com.example.Row")
  .field("min", INT64_SCHEMA)
  .field("max", INT64_SCHEMA)
  .field("small", INT16_SCHEMA)
  .field("float", FLOAT32_SCHEMA)
  .field("text", OPTIONAL_STRING_SCHEMA)
  .field("raw", SchemaBuilder.bytes().build())
  .field("list", SchemaBuilder.array(OPTIONAL_INT32_SCHEMA).build())
  .field("empty", SchemaBuilder.map(STRING_SCHEMA, STRING_SCHEMA).build())
  .field("counts", SchemaBuilder.map(INT64_SCHEMA, STRING_SCHEMA).build())
  .field("price", decimalSchema(4, { precision: 38 }))
  .field("day", DATE_SCHEMA)
  .field("at", TIMESTAMP_SCHEMA)
  .build();

test("Confluent's own serializers read what is written here, and the other way round", async () => {
  const topic = newTopic();
  const converter = await configured(new AvroConverter());
  const row = new Struct(ROW)
    .put("min", -(2n ** 63n))
    .put("max", 2n ** 63n - 1n)
    .put("small", -32768)
    .put("float", 0.5)
    .put("text", "ünïcödé 😀")
    .put("raw", Buffer.from([0, 255]))
    .put("list", [1, null, -(2 ** 31)])
    .put("empty", new Map())
    .put("counts", new Map([[7, "seven"]]))
    .put("price", Decimal.parse("-9999999999999999999999999999999999.9999"))
    .put("day", daysToDate(-141_427))
    .put("at", new Date(-1));
  const bytes = await write(converter, topic, ROW, row);
  const { command, env } = await pythonPackages("confluent-kafka-2.16.1", [
    "confluent-kafka[schemaregistry,avro]==2.16.1",
    "fastavro==1.13.1",
  ]);
  const program = `${import.meta.dirname}/programs/exchange.py`;
  const args = [program, await sharedSchemaRegistry(), topic, bytes.toString("hex")];
  const { stdout } = await promisify(execFile)(command, args, { env: { ...process.env, ...env } });
  const answer = JSON.parse(stdout) as { read: unknown; written: string };
  expect(answer.read).toEqual({
    min: "-9223372036854775808",
    max: "9223372036854775807",
    small: -32768,
    float: 0.5,
    text: "ünïcödé 😀",
    raw: "0x00ff",
    list: [1, null, -2147483648],
    empty: {},
    counts: [{ key: 7, value: "seven" }],
    price: "-9999999999999999999999999999999999.9999",
    day: "1582-10-15",
    at: "1969-12-31T23:59:59.999000+00:00",
  });

  const { value } = await read(converter, `${topic}-2`, Buffer.from(answer.written, "hex"));
  const struct = value as Struct;
  const values = Object.fromEntries(
    struct.schema.fields.map(({ name }, i) => [name, struct.values[i]]),
  );
  expect(values).toEqual({
    min: -(2n ** 63n),
    max: 2n ** 63n - 1n,
    text: "ünïcödé 😀",
    list: [1.5, null, -0],
    map: new Map([["", Buffer.from([0, 255])]]),
    kind: "B",
    price: Decimal.parse("-9999999999999999999999999999999999.9999"),
    day: daysToDate(-141_427),
    at: new Date(-1),
    micros: -1000,
  });
});
