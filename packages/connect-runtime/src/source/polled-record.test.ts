import { DataError, SchemaBuilder, SourceRecord, STRING_SCHEMA } from "@millrace/connect-api";
import { StringConverter } from "@millrace/connect-converters";
import { expect, it } from "vitest";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { PolledRecord } from "./polled-record.ts";

const record = (parts: Partial<ConstructorParameters<typeof SourceRecord>[0]> = {}) =>
  new SourceRecord({
    topic: "t",
    keySchema: STRING_SCHEMA,
    key: "k",
    valueSchema: STRING_SCHEMA,
    value: "v",
    timestamp: 42,
    sourcePartition: { filename: "/a.txt" },
    sourceOffset: { position: 9007199254740993n },
    ...parts,
  });

class Broken extends StringConverter {
  override fromConnectData(): never {
    throw new DataError("cannot");
  }
}
const BROKEN = { ...TEXT_CONVERTERS, value: new Broken() };

it("is written as the connector's converters write it, and says where it comes from", async () => {
  const one = record({ kafkaPartition: 3 });
  one.headers.addString("h", "1");
  expect(await new PolledRecord(one, TEXT_CONVERTERS).letter()).toEqual({
    key: "k",
    value: "v",
    timestampMs: 42,
    headers: [{ key: "h", value: "1" }],
    place: [
      ["topic", "t"],
      ["partition", "3"],
      ["source.partition", '{"filename":"/a.txt"}'],
      ["source.offset", '{"position":9007199254740993}'],
      ["source.key.format", "converter"],
      ["source.value.format", "converter"],
    ],
  });
});

it("is JSON where the converter cannot write it", async () => {
  const schema = SchemaBuilder.struct().field("a", STRING_SCHEMA).build();
  const struct = { a: "x" };
  const letter = await new PolledRecord(
    record({ valueSchema: null, value: struct, sourceOffset: null }),
    BROKEN,
  ).letter();
  expect(letter.value).toBe('{"a":"x"}');
  expect(letter.place).toContainEqual(["source.value.format", "json"]);
  expect(letter.place).toContainEqual(["source.offset", "null"]);
  // Nothing fits this schema: Java's text is the last resort.
  const odd = await new PolledRecord(
    record({ valueSchema: schema, value: struct }),
    BROKEN,
  ).letter();
  expect(odd.value).toBe("{a=x}");
  expect(odd.place).toContainEqual(["source.value.format", "text"]);
});

it("has Java's text in the log", () => {
  const one = record();
  one.headers.addString("h", "1");
  expect(new PolledRecord(one, TEXT_CONVERTERS).describe()).toBe(
    ", where source record is = SourceRecord{sourcePartition={filename=/a.txt}, sourceOffset={position=9007199254740993}} ConnectRecord{topic='t', kafkaPartition=null, key=k, keySchema=Schema{STRING}, value=v, valueSchema=Schema{STRING}, timestamp=42, headers=ConnectHeaders(headers=[ConnectHeader(key=h, value=1, schema=Schema{STRING})])}",
  );
});
