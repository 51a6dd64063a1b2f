import {
  Decimal,
  decimalSchema,
  FLOAT64_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteArrayConverter } from "./byte-array-converter.ts";
import { SimpleHeaderConverter } from "./simple-header-converter.ts";
import { StringConverter } from "./string-converter.ts";

function stringConverter(encoding?: string): StringConverter {
  const converter = new StringConverter();
  converter.configure(encoding === undefined ? {} : { "converter.encoding": encoding }, false);
  return converter;
}

describe("StringConverter", () => {
  test("writes strings as they are: the worker encodes them", () => {
    expect(stringConverter().fromConnectData("t", [], STRING_SCHEMA, "é")).toBe("é");
    expect(stringConverter().fromConnectData("t", [], null, "é")).toBe("é");
  });

  test("writes other values as Java prints them", () => {
    const converter = stringConverter();
    expect(converter.fromConnectData("t", [], FLOAT64_SCHEMA, 1)).toBe("1.0");
    expect(converter.fromConnectData("t", [], INT64_SCHEMA, 2n ** 60n)).toBe("1152921504606846976");
    expect(converter.fromConnectData("t", [], decimalSchema(1), Decimal.parse("1.5"))).toBe("1.5");
    expect(converter.fromConnectData("t", [], null, { a: [1, null] })).toBe("{a=[1, null]}");
    expect(converter.fromConnectHeader("t", "h", null, true)).toBe("true");
  });

  test("reads optional strings", () => {
    const converter = stringConverter();
    expect(converter.toConnectData("t", [], Buffer.from("é"))).toEqual({
      schema: OPTIONAL_STRING_SCHEMA,
      value: "é",
    });
    expect(converter.toConnectHeader("t", "h", null)).toEqual({
      schema: OPTIONAL_STRING_SCHEMA,
      value: null,
    });
    expect(converter.fromConnectData("t", [], STRING_SCHEMA, null)).toBeNull();
  });

  const everyText = fc.string({ unit: "binary" });
  const latin = fc
    .array(fc.integer({ min: 0, max: 255 }))
    .map((codes) => String.fromCharCode(...codes));

  test.for([
    ["UTF-8", everyText],
    ["UTF8", everyText],
    ["utf-16", everyText.filter((text) => !text.startsWith("\ufeff"))],
    ["UTF-16LE", everyText],
    ["UTF_16BE", everyText],
    ["ISO-8859-1", latin],
    ["US-ASCII", fc.string({ unit: "binary-ascii" })],
    ["windows-1252", fc.string({ unit: fc.constantFrom("a", "é", "€", "–") })],
  ] as const)("gives back texts in %s", ([encoding, texts]) => {
    const converter = stringConverter(encoding);
    fc.assert(
      fc.property(texts, (text) => {
        const written = converter.fromConnectData("t", [], STRING_SCHEMA, text);
        const bytes = Buffer.from(written as string);
        expect(converter.toConnectData("t", [], bytes).value).toBe(text);
      }),
    );
  });

  test("writes bytes of the encoding", () => {
    const written = (encoding: string, text: string) =>
      Buffer.from(
        stringConverter(encoding).fromConnectData("t", [], null, text) as string,
      ).toString("hex");
    expect(written("ISO-8859-1", "é€")).toBe("e93f");
    expect(written("windows-1252", "é€")).toBe("e980");
    expect(written("UTF-16", "é")).toBe("feff00e9");
    expect(
      stringConverter("UTF-16").toConnectData("t", [], Buffer.from("fffee900", "hex")).value,
    ).toBe("é");
  });

  test("names the encodings it knows when it does not know one", () => {
    for (const encoding of ["klingon", "Shift_JIS"]) {
      expect(() => stringConverter(encoding)).toThrow(
        /Invalid value .* for configuration converter.encoding: Unknown encoding. Use UTF-8, /,
      );
    }
  });
});

describe("ByteArrayConverter", () => {
  test("passes bytes through, both ways", () => {
    const converter = new ByteArrayConverter();
    const bytes = Uint8Array.of(1, 2);
    expect(converter.fromConnectData("t", [], null, bytes)).toBe(bytes);
    expect(converter.toConnectData("t", [], bytes).value).toBe(bytes);
    expect(converter.toConnectHeader("t", "h", null).value).toBeNull();
    expect(() => converter.fromConnectHeader("t", "h", null, "x")).toThrow(
      "ByteArrayConverter is not compatible with objects of type class java.lang.String",
    );
  });
});

describe("SimpleHeaderConverter", () => {
  test("writes text and guesses its type", () => {
    const converter = new SimpleHeaderConverter();
    expect(converter.fromConnectHeader("t", "h", FLOAT64_SCHEMA, 2)).toBe("2.0");
    expect(converter.toConnectHeader("t", "h", Buffer.from("007"))).toMatchObject({ value: 7 });
    expect(converter.toConnectHeader("t", "h", null)).toEqual({ schema: null, value: null });
  });

  test("never fails on any bytes", () => {
    const converter = new SimpleHeaderConverter();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(converter.toConnectHeader("t", "h", bytes)).toHaveProperty("value");
      }),
    );
  });
});
