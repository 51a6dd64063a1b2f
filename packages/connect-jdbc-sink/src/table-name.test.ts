import {
  DataError,
  Headers,
  SchemaBuilder,
  SinkRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseTableName, tableNameParts } from "./table-name.ts";

const SCHEMA = SchemaBuilder.struct().name("a.b").field("f", STRING_SCHEMA).build();

function parts(format: string, topic: string, f = "v", normalize = false): string[] {
  const headers = new Headers();
  headers.addString("h", f);
  const value = new Struct(SCHEMA).put("f", f);
  const record = new SinkRecord({
    topic,
    kafkaPartition: 3,
    kafkaOffset: 0,
    keySchema: SCHEMA,
    key: value,
    valueSchema: SCHEMA,
    value,
    headers,
  });
  return tableNameParts(parseTableName(format), { record, row: value, source: value }, normalize);
}

test.each([
  ["${topic}", "t", ["t"]],
  ["${topic}", "db.public.users", ["db", "public", "users"]],
  ['"${topic}"', "db.public.users", ["db.public.users"]],
  ["`${topic}`", "a.b", ["a.b"]],
  ["[${topic}]", "a.b", ["a.b"]],
  ['x."y.z".${topic}', "t", ["x", "y.z", "t"]],
  ["kafka_${topic}_${partition}", "t", ["kafka_t_3"]],
  ["${schema}", "t", ["a.b"]],
  ["${key.f}.${value.f}.${header.h}", "t", ["v", "v", "v"]],
  ["${source.f}", "t", ["v"]],
  ["${topic}", 'a"b', ['a"b']],
])("%s of topic %s is %j", (format, topic, expected) => {
  expect(parts(format, topic)).toEqual(expected);
});

test("what comes out of a record is one level, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (text) => {
      fc.pre(text.trim() !== "");
      expect(parts("s.${value.f}", "t", text)).toEqual(["s", text]);
      expect(parts("s.x${header.h}y", "t", text)).toEqual(["s", `x${text}y`]);
    }),
  );
});

test("table.name.normalize leaves letters, digits and _", () => {
  expect(parts("${topic}", "a-b.c d", "v", true)).toEqual(["a_b", "c_d"]);
});

test.each(["${topics}", "a${", "${value.}", '"${topic}', "${offset}"])(
  "%s is refused",
  (format) => {
    expect(() => parseTableName(format)).toThrow(DataError);
  },
);

test.each(["", ".", "a..b", " "])("topic %j gives no name", (topic) => {
  expect(() => parts("${topic}", topic)).toThrow(/gives no name of a table/);
});
