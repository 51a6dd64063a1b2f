import { Float64, Struct } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { characters } from "./characters.ts";
import { CsvDecoder, type CsvOptions } from "./csv-decoder.ts";
import { jsonValue } from "./json-value.ts";
import { LineDecoder } from "./line-decoder.ts";
import { MultilineDecoder } from "./multiline-decoder.ts";
import { NdjsonDecoder } from "./ndjson-decoder.ts";
import { type Decoder, InvalidUnit } from "./units.ts";

const UTF8 = characters.of("utf-8");

/** What a file gives that is read in pieces which end anywhere; what has not ended is given again. */
function read(decoder: Decoder, file: Buffer, cuts: readonly number[] = []) {
  const layout = decoder.layout?.({ bytes: file, at: 0, isLast: true }) ?? null;
  const values: unknown[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), file.length]) {
    if (cut <= at) continue;
    const piece = { bytes: file.subarray(at, cut), at, isLast: cut === file.length };
    const units = decoder.decode(piece, layout);
    values.push(...units.values);
    ends.push(...units.ends);
    at = units.ends.at(-1) ?? at;
  }
  return { values, ends };
}

const CHARACTER = fc.constantFrom("a", "é", "🚂", "\r", "\n", "\r\n", '"', ",", " ", "{", "\t");
const TEXT = fc.array(CHARACTER, { maxLength: 60 }).map((characters) => characters.join(""));
const CUTS = fc.array(fc.nat(240), { maxLength: 8 });
const CSV: CsvOptions = {
  separator: ",",
  quote: '"',
  hasHeader: false,
  columns: ["a", "b"],
  types: [],
};

const DECODERS: readonly (readonly [string, Decoder])[] = [
  ["line", new LineDecoder(UTF8, false)],
  ["multiline", new MultilineDecoder(UTF8, /^a/, false)],
  ["ndjson", new NdjsonDecoder(UTF8, false)],
  ["csv", new CsvDecoder(UTF8, CSV, false)],
];

describe.each(DECODERS)("%s", (_name, decoder) => {
  test("does not depend on where a file is cut", () => {
    fc.assert(
      fc.property(TEXT, CUTS, (text, cuts) => {
        const file = Buffer.from(text);
        expect(read(decoder, file, cuts)).toEqual(read(decoder, file));
      }),
      { numRuns: 500 },
    );
  });

  test("goes on from each end as if it had begun there", () => {
    fc.assert(
      fc.property(TEXT, (text) => {
        const file = Buffer.from(text);
        const whole = read(decoder, file);
        whole.ends.forEach((end, i) => {
          const rest = decoder.decode(
            { bytes: file.subarray(end), at: end, isLast: true },
            decoder.layout?.({ bytes: file, at: 0, isLast: true }) ?? null,
          );
          expect(rest.values).toEqual(whole.values.slice(i + 1));
          expect(rest.ends).toEqual(whole.ends.slice(i + 1));
        });
      }),
      { numRuns: 300 },
    );
  });

  test("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), CUTS, (bytes, cuts) => {
        const { ends } = read(decoder, Buffer.from(bytes), cuts);
        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
        expect(ends.at(-1) ?? 0).toBe(bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("encodings", () => {
  const SHARED = fc.array(fc.constantFrom("a", "z", "\r", "\n", "\r\n", "é", "ü"), {
    maxLength: 40,
  });

  test.each([
    ["utf-16le", (text: string) => Buffer.from(text, "utf16le")],
    ["utf-16be", (text: string) => Buffer.from(text, "utf16le").swap16()],
    ["windows-1252", (text: string) => Buffer.from(text, "latin1")],
  ])("%s gives the lines that utf-8 gives", (label, encode) => {
    const decoder = new LineDecoder(characters.of(label), true);
    fc.assert(
      fc.property(SHARED, CUTS, (parts, cuts) => {
        const text = parts.join("");
        const expected = read(new LineDecoder(UTF8, true), Buffer.from(text)).values;
        expect(read(decoder, encode(text), cuts).values).toEqual(expected);
      }),
    );
  });

  test("marks at the start of a file are no part of it", () => {
    const decode = (label: string, ...bytes: number[]) =>
      read(new LineDecoder(characters.of(label), true), Buffer.from(bytes)).values;
    expect(decode("utf-8", 0xef, 0xbb, 0xbf, 0x61, 0x0a)).toEqual(["a"]);
    expect(decode("utf-16le", 0xff, 0xfe, 0x61, 0, 0x0a, 0)).toEqual(["a"]);
    expect(decode("utf-16be", 0xfe, 0xff, 0, 0x61, 0, 0x0a)).toEqual(["a"]);
  });

  test("bytes that are not of the encoding are replaced, or make the record invalid", () => {
    const file = Buffer.from([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]);
    expect(read(new LineDecoder(UTF8, false), file).values).toEqual(["a", "\uFFFD", "b"]);
    const [first, invalid, last] = read(new LineDecoder(UTF8, true), file).values;
    expect([first, last]).toEqual(["a", "b"]);
    expect(invalid).toBeInstanceOf(InvalidUnit);
    expect((invalid as InvalidUnit).bytes).toEqual(Buffer.from([0xff, 0x0a]));
  });

  test("unknown and stateful ones are refused", () => {
    expect(characters.refusal("utf-8")).toBeUndefined();
    expect(characters.refusal("iso-8859-15")).toBeUndefined();
    expect(characters.refusal("klingon")).toBe("There is no encoding of this name");
    expect(characters.refusal("iso-2022-jp")).toContain("not supported");
  });
});

describe("multiline", () => {
  const decoder = new MultilineDecoder(UTF8, /^\d/, false);
  const bytes = Buffer.from("1 error\n  at a\n  at b\n2 fine\n3 half");

  test("an event ends where the next one begins", () => {
    expect(decoder.decode({ bytes, at: 0, isLast: false })).toEqual({
      values: ["1 error\n  at a\n  at b"],
      ends: [22],
    });
  });

  test("or when nothing comes for a while, but for the line that has no end", () => {
    expect(decoder.decode({ bytes, at: 0, isLast: false, isQuiet: true }).values).toEqual([
      "1 error\n  at a\n  at b",
      "2 fine",
    ]);
  });
});

describe("csv", () => {
  const decode = (text: string, options: Partial<CsvOptions> = {}) => {
    const decoder = new CsvDecoder(UTF8, { ...CSV, hasHeader: true, ...options }, false);
    return read(decoder, Buffer.from(text)).values.map((value) =>
      value instanceof Struct ? value.values : value instanceof InvalidUnit ? value.reason : value,
    );
  };

  test("the header names the columns; blank lines are nothing", () => {
    const decoder = new CsvDecoder(UTF8, { ...CSV, hasHeader: true }, false);
    const { values } = read(decoder, Buffer.from("\nid,name,name,\n1,Ada,Lovelace,x\n\n"));
    const [, , struct] = values as [undefined, undefined, Struct];
    expect(struct.schema.fields.map(({ name }) => name)).toEqual([
      "id",
      "name",
      "name_2",
      "column4",
    ]);
    expect(struct.values).toEqual(["1", "Ada", "Lovelace", "x"]);
    expect(values[3]).toBeUndefined();
  });

  test("quotes hold separators, line ends of all kinds, and quotes", () => {
    expect(decode('a,b\n"x,y","1\r\n2\n3"\n"say ""hi""",\n')).toEqual([
      undefined,
      ["x,y", "1\r\n2\n3"],
      ['say "hi"', ""],
    ]);
  });

  test("what is no row is invalid, and those around it are not", () => {
    const rows = decode('a,b\n1,2\nx"y,2\n1\n3,4\n');
    expect(rows[1]).toEqual(["1", "2"]);
    expect(rows[2]).toContain("It is no row");
    expect(rows[3]).toBe("The row has 1 values for 2 columns");
    expect(rows[4]).toEqual(["3", "4"]);
  });

  test("types", () => {
    const types = ["a:INT64", "b:BOOLEAN", "c:FLOAT64", "d:INT32"];
    const rows = decode("a,b,c,d\n9007199254740993,TRUE,1e3,-5\n,,,\n1,no,1,1\n", { types });
    expect(rows.slice(1)).toEqual([
      [9_007_199_254_740_993n, true, 1000, -5],
      [null, null, null, null],
      "The value of column b is no BOOLEAN",
    ]);
    expect(decode("a\n2147483648\n-2147483648\n", { types: ["a:INT32"] }).slice(1)).toEqual([
      "The value of column a is no INT32",
      [-2_147_483_648],
    ]);
  });

  test("rows are what the library makes of the whole", () => {
    const VALUE = fc
      .array(fc.constantFrom("a", '"', ",", "\n", "\r\n", "é"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    const ROW = fc.tuple(VALUE, VALUE).filter(([a, b]) => a !== "" || b !== "");
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(ROW, { minLength: 1, maxLength: 5 }), CUTS, (rows, cuts) => {
        const file = Buffer.from(rows.map((row) => `${row.map(quoted).join(",")}\n`).join(""));
        const values = read(new CsvDecoder(UTF8, CSV, false), file, cuts).values as Struct[];
        expect(values.map((struct) => struct.values)).toEqual(rows);
      }),
    );
  });
});

describe("json", () => {
  test("numbers keep their digits and their kind", () => {
    expect(jsonValue('{"a":9007199254740993,"b":1.0,"c":1.5,"d":-0,"e":1e2}')).toEqual({
      a: 9_007_199_254_740_993n,
      b: new Float64(1),
      c: 1.5,
      d: 0,
      e: new Float64(100),
    });
    expect(() => jsonValue("99999999999999999999")).toThrow("64 bits");
  });

  test("is what JSON.parse makes of all else", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // Larger integers are refused.
        fc.pre(!/\d{18}/.test(text));
        const parsed: unknown = JSON.parse(text);
        const plain = JSON.stringify(jsonValue(text), (_key, value: unknown) =>
          value instanceof Float64
            ? value.value
            : typeof value === "bigint"
              ? Number(value)
              : value,
        );
        expect(JSON.parse(plain)).toEqual(JSON.parse(JSON.stringify(parsed)));
      }),
    );
  });

  test("a line that is none is invalid, with its bytes", () => {
    const { values } = read(new NdjsonDecoder(UTF8, false), Buffer.from('{"a":1}\n\nno\n[]\n'));
    expect([values[0], values[1], values[3]]).toEqual([{ a: 1 }, undefined, []]);
    expect(String((values[2] as InvalidUnit).bytes)).toBe("no\n");
  });
});
