import {
  Decimal,
  decimalSchema,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  valueEquals,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { AvroConverter } from "../src/index.ts";
import { askRegistry, atOnce, configured, newTopic, read, write } from "./registry.ts";

const USER = SchemaBuilder.struct()
  .name("com.example.User")
  .field("id", INT64_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("balance", decimalSchema(2))
  .build();

const user = (id: number | bigint) =>
  new Struct(USER).put("id", id).put("name", "Zoë").put("balance", Decimal.parse("-1.50"));

/** A converter that registers nothing. */
const reading = (props = {}) =>
  configured(new AvroConverter(), { "auto.register.schemas": "false", ...props });

describe("round trip", () => {
  test("registers the schema once, reads with another converter, and then makes no promise", async () => {
    const topic = newTopic();
    const writer = await configured(new AvroConverter());
    const bytes = await write(writer, topic, USER, user(9007199254740993n));
    expect(bytes[0]).toBe(0);
    const { id, version, schema } = await askRegistry("GET", `/subjects/${topic}-value/versions/1`);
    expect([bytes.readInt32BE(1), version]).toEqual([id, 1]);
    expect(JSON.parse(schema as string)).toMatchObject({
      name: "User",
      "connect.name": "com.example.User",
    });
    const again = atOnce(writer.fromConnectData(topic, [], USER, user(1)))!;
    expect(again.readInt32BE(1)).toBe(id);

    const reader = await reading();
    const first = await read(reader, topic, bytes);
    expect(first.schema?.version).toBe(1);
    expect(valueEquals((first.value as Struct).values, user(9007199254740993n).values)).toBe(true);
    const second = atOnce(reader.toConnectData(topic, [], again));
    expect(second.schema).toBe(first.schema);
    writer.close();
    reader.close();
  });

  test("keys have a subject of their own; primitives and data without schema go as well", async () => {
    const topic = newTopic();
    const keys = await configured(new AvroConverter(), {}, true);
    const bytes = await write(keys, topic, STRING_SCHEMA, "k");
    expect(await askRegistry("GET", `/subjects/${topic}-key/versions`)).toEqual([1]);
    expect((await read(keys, topic, bytes)).value).toBe("k");
    const values = await configured(new AvroConverter());
    const anything = { a: [1, null, "x"], b: { c: 1.5 } };
    const { schema, value } = await read(values, topic, await write(values, topic, null, anything));
    expect([schema, value]).toEqual([null, anything]);
  });

  test("null is null both ways", async () => {
    const converter = await configured(new AvroConverter());
    expect(converter.fromConnectData("t", [], USER, null)).toBeNull();
    expect(converter.toConnectData("t", [], null)).toEqual({ schema: null, value: null });
  });

  test("a schema made anew for each record is registered once and told apart by its content", async () => {
    const topic = newTopic();
    const converter = await configured(new AvroConverter());
    const make = () => SchemaBuilder.struct().name("A").field("a", INT32_SCHEMA).build();
    const first = make();
    await write(converter, topic, first, new Struct(first).put("a", 1));
    for (let i = 0; i < 3; i++) {
      const schema = make();
      atOnce(converter.fromConnectData(topic, [], schema, new Struct(schema).put("a", i)));
    }
    expect(await askRegistry("GET", `/subjects/${topic}-value/versions`)).toEqual([1]);
  });
});

describe("subjects", () => {
  test.for([
    ["RecordNameStrategy", (_: string, name: string) => name],
    ["TopicRecordNameStrategy", (topic: string, name: string) => `${topic}-${name}`],
  ] as const)("%s names them after the record", async ([strategy, subject]) => {
    const topic = newTopic();
    const name = `com.example.R${topic.replaceAll("-", "")}`;
    const schema = SchemaBuilder.struct().name(name).field("a", INT32_SCHEMA).build();
    const props = {
      "value.subject.name.strategy": `io.confluent.kafka.serializers.subject.${strategy}`,
    };
    const converter = await configured(new AvroConverter(), props);
    const bytes = await write(converter, topic, schema, new Struct(schema).put("a", 1));
    expect(await askRegistry("GET", `/subjects/${subject(topic, name)}/versions`)).toEqual([1]);
    expect((await read(converter, topic, bytes)).schema?.version).toBe(1);
    await expect(write(converter, topic, STRING_SCHEMA, "x")).rejects.toThrow(
      "is no record with a name, which the subject name strategy asks for",
    );
  });

  test("an unknown strategy is refused", async () => {
    const props = { "value.subject.name.strategy": "com.example.Mine" };
    await expect(configured(new AvroConverter(), props)).rejects.toThrow(
      "Invalid value com.example.Mine for configuration value.subject.name.strategy: known are",
    );
  });
});

describe("schemas that are given", () => {
  const register = async (topic: string, schema: object, references?: object[]) =>
    await askRegistry("POST", `/subjects/${topic}-value/versions`, {
      schema: JSON.stringify(schema),
      ...(references && { references }),
    });

  test("without auto.register.schemas an unknown one is an error that says what to do", async () => {
    await expect(write(await reading(), newTopic(), USER, user(1))).rejects.toThrow(
      /Failed to serialize Avro data from topic .*error code: 40401\. With auto.register.schemas=false/,
    );
  });

  test("use.latest.version writes by the latest, also one with references", async () => {
    const topic = newTopic();
    await register(`${topic}-address`, {
      type: "record",
      name: "com.example.Address",
      fields: [{ name: "zip", type: "int" }],
    });
    const reference = {
      name: "com.example.Address",
      subject: `${topic}-address-value`,
      version: 1,
    };
    const latest = {
      type: "record",
      name: "com.example.Person",
      fields: [
        { name: "name", type: ["null", "string"], default: null },
        { name: "home", type: ["null", "com.example.Address"], default: null },
        { name: "since", type: "int", default: 1970 },
      ],
    };
    const { id } = await register(topic, latest, [reference]);
    const address = SchemaBuilder.struct()
      .name("com.example.Address")
      .field("zip", INT32_SCHEMA)
      .build();
    const person = SchemaBuilder.struct()
      .name("com.example.Person")
      .field("home", address)
      .field("name", OPTIONAL_STRING_SCHEMA)
      .build();
    const converter = await reading({ "use.latest.version": "true" });
    const value = new Struct(person)
      .put("home", new Struct(address).put("zip", 79098))
      .put("name", "A");
    const bytes = await write(converter, topic, person, value);
    expect(bytes.readInt32BE(1)).toBe(id);
    const again = (await read(converter, topic, bytes)).value as Struct;
    expect([again.get("name"), again.getStruct("home")?.get("zip"), again.get("since")]).toEqual([
      "A",
      79098,
      1970,
    ]);
    const more = SchemaBuilder.struct()
      .name("com.example.Person")
      .field("age", INT32_SCHEMA)
      .build();
    await expect(write(converter, topic, more, new Struct(more).put("age", 3))).rejects.toThrow(
      "The data has the field age, which the schema to write by has not",
    );
    const lax = await reading({
      "use.latest.version": "true",
      "latest.compatibility.strict": "false",
    });
    const without = await write(lax, topic, more, new Struct(more).put("age", 3));
    expect(((await read(lax, topic, without)).value as Struct).values).toEqual([null, null, 1970]);
  });

  test("use.schema.id writes by that schema", async () => {
    const topic = newTopic();
    const schema = { type: "record", name: "R", fields: [{ name: "a", type: "long" }] };
    const { id } = await register(topic, schema);
    await register(topic, {
      ...schema,
      fields: [...schema.fields, { name: "b", type: "int", default: 0 }],
    });
    const narrow = SchemaBuilder.struct().name("R").field("a", INT32_SCHEMA).build();
    const converter = await reading({ "use.schema.id": String(id) });
    const bytes = await write(converter, topic, narrow, new Struct(narrow).put("a", 5));
    expect(bytes.readInt32BE(1)).toBe(id);
  });

  test("a schema that breaks the subject's rule is refused, and each record is asked for anew", async () => {
    const topic = newTopic();
    await register(topic, { type: "record", name: "R", fields: [{ name: "a", type: "int" }] });
    await askRegistry("PUT", `/config/${topic}-value`, { compatibility: "BACKWARD" });
    const other = SchemaBuilder.struct().name("R").field("a", STRING_SCHEMA).build();
    const converter = await configured(new AvroConverter());
    const attempt = () => write(converter, topic, other, new Struct(other).put("a", "x"));
    await expect(attempt()).rejects.toThrow(/error code: 409\. The schema breaks the subject's/);
    await askRegistry("PUT", `/config/${topic}-value`, { compatibility: "NONE" });
    expect((await attempt()).readInt32BE(1)).toBeGreaterThan(0);
  });
});

describe("messages that cannot be read", () => {
  const hex = (text: string) => Buffer.from(text, "hex");

  test.for([
    [
      Buffer.from('{"a":1}'),
      /Unknown magic byte! The message of 7 bytes begins with 7b2261223a317d: it looks like JSON .*JsonConverter reads that/,
    ],
    [Buffer.from("hello"), /it looks like text \("hello"\); .*StringConverter/],
    [Buffer.from("Obj\u0001rest"), /Avro container file/],
    [Buffer.alloc(0), /it is empty, which is no null/],
    [hex("0000"), /shorter than the 5 bytes/],
    [
      hex("01ffffffffffffffffffffffffffffffff0001"),
      /GUID ffffffff-ffff-ffff-ffff-ffffffffffff, which registries before/,
    ],
    [hex("ff8180"), /without a schema registry/],
  ] as const)("%s", async ([bytes, message]) => {
    await expect((async () => read(await reading(), "t", bytes))()).rejects.toThrow(message);
  });

  test("of an unknown schema id", async () => {
    await expect(read(await reading(), "t", hex("007fffffff00"))).rejects.toThrow(
      /Failed to deserialize data for topic t to Avro: Fetching the schema of id 2147483647: .*Data may have been written with another registry/,
    );
  });

  test("that end too soon", async () => {
    const topic = newTopic();
    const converter = await configured(new AvroConverter());
    const bytes = await write(converter, topic, USER, user(1));
    await expect((async () => read(converter, topic, bytes.subarray(0, -1)))()).rejects.toThrow(
      "The message ends before its value does",
    );
  });

  test("of another schema language", async () => {
    const topic = newTopic();
    const { id } = await askRegistry("POST", `/subjects/${topic}-value/versions`, {
      schema: '{"type":"object","properties":{}}',
      schemaType: "JSON",
    });
    const bytes = Buffer.alloc(6);
    bytes.writeInt32BE(Number(id), 1);
    await expect(read(await reading(), topic, bytes)).rejects.toThrow(
      "The schema is one of JSON, not Avro: its converter is io.confluent.connect.json.JsonSchemaConverter",
    );
  });
});
