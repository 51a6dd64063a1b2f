import { BSON, Double, Long, ObjectId } from "mongodb";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Document } from "./document.ts";
import { parseDocument, parseDocuments } from "./json-reader.ts";
import { JsonWriter, toJson } from "./json-writer.ts";

test("numbers are of the type that their notation says", () => {
  const text =
    '{"i": 1, "l": 5000000000, "big": 9007199254740993, "d": 1.0, "e": 1e3, "z": -0, "f": 1.5, "huge": 1e400}';
  expect(parseDocument(text)).toEqual({
    i: 1,
    l: Long.fromNumber(5_000_000_000),
    big: Long.fromString("9007199254740993"),
    d: new Double(1),
    e: new Double(1000),
    z: 0,
    f: new Double(1.5),
    huge: new Double(Infinity),
  });
});

test("doubles that are no numbers may stand bare, as Java's strict JSON has them", () => {
  const text = '{"a": -Infinity, "b": [Infinity, NaN], "c": "Infinity \\\" NaN", "NaN": 1}';
  expect(parseDocument(text)).toEqual({
    a: new Double(-Infinity),
    b: [new Double(Infinity), new Double(Number.NaN)],
    c: 'Infinity " NaN',
    NaN: 1,
  });
  expect(() => parseDocument('{"a": -Infinityx}')).toThrow(/no JSON/);
});

test("a name may be __proto__", () => {
  const document = parseDocument('{"__proto__": {"x": 1}}');
  expect(Object.keys(document)).toEqual(["__proto__"]);
  expect(({} as Document)["x"]).toBeUndefined();
});

test.each<[string, RegExp]>([
  ["nope", /no JSON/],
  ["5", /no document/],
  ["[]", /no document/],
  ['{"$oid": "xyz"}', /\$oid has a value that is none/],
  ['{"a": {"$numberLong": "9223372036854775808"}}', /no int64/],
  ['{"a": {"$date": "yesterday"}}', /no moment/],
])("%s is refused", (text, message) => {
  expect(() => parseDocument(text)).toThrow(message);
});

test("a list must be of documents", () => {
  expect(parseDocuments('[{"$match": {"a": 1}}]')).toEqual([{ $match: { a: 1 } }]);
  expect(() => parseDocuments("[1]")).toThrow(/not everything/);
  expect(() => parseDocuments("{}")).toThrow(/no list/);
});

/** Names that JavaScript would put in another order are not there. */
const name = fc
  .string()
  .filter((text) => !/^\d/.test(text) && !text.startsWith("$") && text !== "__proto__");
const leaf = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => Long.fromBigInt(value)),
  fc.double({ noNaN: true }).map((value) => new Double(value)),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array().map((bytes) => new BSON.Binary(bytes)),
  fc.constant(BSON.Decimal128.fromString("1.50")),
  fc.constant(new BSON.Timestamp({ t: 7, i: 8 })),
  fc.constant(new BSON.BSONRegExp("a/b", "i")),
);
const document = fc.letrec<{ value: unknown; document: Document }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, tie("document"), fc.array(tie("value"))),
  document: fc.dictionary(name, tie("value"), { noNullPrototype: true }),
})).document;

test.each(["strict", "extended", "relaxed"] as const)(
  "what is written (%s) reads the same",
  (mode) => {
    const writer = new JsonWriter(mode);
    fc.assert(
      fc.property(document, (original) => {
        const text = writer.write(original);
        expect(writer.write(parseDocument(text))).toBe(text);
        expect(BSON.serialize(parseDocument(new JsonWriter("extended").write(original)))).toEqual(
          BSON.serialize(original),
        );
      }),
    );
  },
);

test("a resume token is written as Java writes it", () => {
  expect(toJson({ _data: "8263" })).toBe('{"_data": "8263"}');
});
