import { Decimal, type Struct } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayText, epochDay } from "./calendar.ts";
import { type TypeForm, typeForm, type TypeOptions } from "./column-type.ts";
import type { PgType } from "./pg-type.ts";

const OPTIONS: TypeOptions = {
  decimals: "precise",
  moneyDigits: 2,
  times: "adaptive",
  intervals: "numeric",
  hstores: "json",
  binaries: "bytes",
  unknown: false,
};

const NAMES =
  "bool int2 int4 int8 oid float4 float8 text varchar bpchar numeric money bytea date time timetz timestamp timestamptz interval bit varbit hstore point box lseg path polygon circle line geometry vector halfvec sparsevec uuid json";
const BASE = NAMES.split(" ").map((name, i): [number, PgType] => [
  i + 1,
  {
    oid: i + 1,
    name,
    form: name,
    kind: "b",
    elementOid: 0,
    baseOid: 0,
    baseModifier: -1,
    labels: [],
  },
]);
/** With an array of each, at a thousand more. */
const TYPES = new Map([
  ...BASE,
  ...BASE.map(([oid, type]): [number, PgType] => [
    oid + 1000,
    { ...type, oid: oid + 1000, name: `_${type.name}`, form: "", elementOid: oid },
  ]),
]);
const oidOf = (name: string) => BASE.find(([, type]) => type.name === name)![0];

function form(name: string, options: Partial<TypeOptions> = {}, modifier = -1): TypeForm {
  const oid = name.endsWith("[]") ? oidOf(name.slice(0, -2)) + 1000 : oidOf(name);
  return typeForm(TYPES, oid, modifier, { ...OPTIONS, ...options }, false)!;
}

/** Reads a text in the midst of a buffer. */
function read({ read: reader }: TypeForm, text: string): unknown {
  const bytes = Buffer.from(`123${text}456`);
  return reader(bytes, 3, bytes.length - 6);
}

const values = (value: unknown) => (value as Struct).values;

describe("numbers", () => {
  test("int8 is exact over its range", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        expect(BigInt(read(form("int8"), String(value)) as number)).toBe(value);
      }),
    );
  });

  test("numeric keeps every digit", () => {
    const digits = fc.bigInt(-(10n ** 40n), 10n ** 40n);
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 30 }), (unscaled, scale) => {
        const modifier = ((45 << 16) | scale) + 4;
        const text = new Decimal(unscaled, scale).toPlainString();
        const exact = read(form("numeric", {}, modifier), text) as Decimal;
        expect([exact.unscaled, exact.scale]).toEqual([unscaled, scale]);
        const [ownScale, bytes] = values(read(form("numeric"), text)) as [number, Uint8Array];
        const variable = Decimal.fromBytes(bytes, ownScale);
        expect(variable.withScale(Math.max(scale, ownScale)).unscaled).toBe(
          exact.withScale(Math.max(scale, ownScale)).unscaled,
        );
        expect(read(form("numeric", { decimals: "string" }), text)).toBe(text);
      }),
    );
  });

  test("what is no number is null, a double, or a word", () => {
    expect(read(form("numeric", {}, 655_366), "NaN")).toBeNull();
    expect(read(form("numeric"), "Infinity")).toBeNull();
    expect(read(form("numeric", { decimals: "double" }), "-Infinity")).toBe(-Infinity);
    expect(read(form("numeric", { decimals: "string" }), "NaN")).toBe("NAN");
  });

  test("money is rounded to its digits", () => {
    const exact = (text: string, moneyDigits: number) =>
      (read(form("money", { moneyDigits }), text) as Decimal).toString();
    expect(exact("$1,234.56", 3)).toBe("1234.560");
    expect(exact("-$0.05", 1)).toBe("-0.1");
    expect(exact("$0.05", 1)).toBe("0.1");
    expect(exact("-$0.04", 1)).toBe("0.0");
    expect(read(form("money", { decimals: "double" }), "-$12,345.60")).toBe(-12_345.6);
  });
});

describe("times", () => {
  test("days are those of the calendar, there and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (day) => {
        const iso = new Date(day * 86_400_000).toISOString().slice(0, -14);
        const year = iso.replace(/^([+-])0*(\d{4,})-/, "$1$2-");
        expect(dayText(day)).toBe(year);
        const [, sign = "", y = "", m = "", d = ""] = /^([+-]?)(\d+)-(\d+)-(\d+)$/.exec(year)!;
        expect(epochDay(sign === "-" ? -Number(y) : Number(y), Number(m), Number(d))).toBe(day);
      }),
    );
  });

  const TIMES = [
    ["time", "adaptive", -1, "13:14:15.123456", 47_655_123_456],
    ["time", "adaptive", 3, "13:14:15.123", 47_655_123],
    ["time", "adaptive_time_microseconds", 3, "13:14:15.123", 47_655_123_000],
    ["time", "nanoseconds", 3, "24:00:00", 86_400_000_000_000],
    ["time", "isostring", -1, "13:14:15.12", "13:14:15.12Z"],
    ["timestamp", "microseconds", 0, "2024-02-29 13:14:15", 1_709_212_455_000_000],
    ["timestamp", "nanoseconds", -1, "2024-02-29 13:14:15.123456", 1_709_212_455_123_456_000n],
    ["timestamp", "isostring", -1, "2024-02-29 13:14:15.1", "2024-02-29T13:14:15.1Z"],
    ["timestamp", "isostring", -1, "12024-02-29 13:14:15", "+12024-02-29T13:14:15Z"],
    ["timestamp", "isostring", -1, "0001-02-28 13:14:15 BC", "0000-02-28T13:14:15Z"],
    ["timestamp", "adaptive", 0, "-infinity", -9_223_372_036_832_400_000n],
    ["timestamptz", "adaptive", 0, "2024-02-29 13:14:15+02", "2024-02-29T11:14:15Z"],
    ["timestamptz", "adaptive", -1, "2024-02-29 13:14:15+05:30", "2024-02-29T07:44:15.000000Z"],
    ["timetz", "adaptive", -1, "00:30:00.5+01:00:30", "23:29:30.5Z"],
    ["date", "isostring", -1, "2017-09-15", "2017-09-15Z"],
    ["date", "isostring", -1, "0044-03-15 BC", "-0043-03-15Z"],
    ["date", "isostring", -1, "infinity", "+5877611-06-21Z"],
    ["date", "adaptive", -1, "infinity", 2_146_033_979],
    ["time", "isostring", -1, "24:00:00", "00:00:00Z"],
    ["timestamp", "isostring", -1, "infinity", "+292278994-08-16T23:00:00Z"],
  ] as const;

  test.each(TIMES)("%s, %s, %i digits: %s", (name, times, digits, text, wanted) => {
    expect(read(form(name, { times }, digits), text)).toBe(wanted);
  });

  const INTERVALS = [
    ["00:00:00", 0, "P0Y0M0DT0H0M0S"],
    ["-00:00:00.5", -500_000, "P0Y0M0DT0H0M-0.5S"],
    ["1 day -01:00:00", 82_800_000_000, "P0Y0M1DT-1H0M0S"],
    ["-1 years -2 mons +3 days 100:02:03.04", -36_197_876_960_000, "P-1Y-2M3DT100H2M3.04S"],
  ] as const;

  test.each(INTERVALS)("interval %s", (text, micros, iso) => {
    expect(read(form("interval"), text)).toBe(micros);
    expect(read(form("interval", { intervals: "string" }), text)).toBe(iso);
  });
});

describe("collections", () => {
  const short = fc.string({ unit: "binary", maxLength: 8 });
  const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

  test("arrays of any texts and nulls", () => {
    fc.assert(
      fc.property(fc.array(fc.option(short), { maxLength: 8 }), (list) => {
        const text = `{${list.map((item) => (item === null ? "NULL" : quoted(item))).join(",")}}`;
        expect(read(form("text[]"), text)).toEqual(list);
      }),
    );
    expect(read(form("int4[]"), "[2:3]={1,NULL}")).toEqual([1, null]);
    expect(read(form("text[]"), '{{"a}","b"},{c,d}}')).toEqual([null, null]);
    expect(typeForm(TYPES, oidOf("money") + 1000, -1, OPTIONS, false)).toBeUndefined();
  });

  test("hstore of any keys and values", () => {
    const pairs = fc.dictionary(short, fc.option(short), { maxKeys: 8 });
    fc.assert(
      fc.property(pairs, (map) => {
        const items = Object.entries(map).map(
          ([key, value]) => `${quoted(key)}=>${value === null ? "NULL" : quoted(value)}`,
        );
        const found = read(form("hstore", { hstores: "map" }), items.join(", "));
        expect(found).toEqual(new Map(Object.entries(map)));
        const json = JSON.parse(read(form("hstore"), items.join(", ")) as string) as object;
        expect(new Map(Object.entries(json))).toEqual(found);
      }),
    );
  });

  test("vectors", () => {
    expect(read(form("vector"), "[1,-2.5,3e-05]")).toEqual([1, -2.5, 3e-5]);
    expect(values(read(form("sparsevec"), "{1:1.5,3:2}/5"))).toEqual([
      5,
      new Map([
        [1, 1.5],
        [3, 2],
      ]),
    ]);
  });
});

test("bits are bytes from the last bit on, as many as the highest needs", () => {
  const bits = (text: string) => [...(read(form("varbit", {}, 37), text) as Buffer)];
  expect(bits("")).toEqual([]);
  expect(bits("0000000000")).toEqual([]);
  expect(bits("100000001")).toEqual([1, 1]);
  expect(bits("0101")).toEqual([5]);
  expect(read(form("bit", {}, 1), "1")).toBe(true);
});

test("geometry is well-known binary", () => {
  const shape = (name: string, text: string) => {
    const [wkb, , extensions] = values(read(form(name), text));
    return [(wkb as Buffer).toString("hex"), Object.fromEntries(extensions as Map<string, string>)];
  };
  const point = "000000000000f03f0000000000000040";
  expect(shape("lseg", "[(1,2),(1,2)]")).toEqual([
    `010200000002000000${point}${point}`,
    { type: "lseg" },
  ]);
  expect(shape("path", "((1,2),(1,2))")[1]).toEqual({ type: "path", closed: "true" });
  expect(shape("path", "[(1,2),(1,2)]")[1]).toEqual({ type: "path", closed: "false" });
  expect(shape("polygon", "((1,2),(3,4),(5,6))")[0]).toMatch(/^01030000000100000004000000/);
  const [center, radius] = values(read(form("circle"), "<(1,2),3>"));
  const [x, y, wkb, none] = values(center);
  expect([x, y, (wkb as Buffer).toString("hex"), none, radius]).toEqual([
    1,
    2,
    `0101000000${point}`,
    null,
    3,
  ]);
  expect(values(read(form("line"), "{1,-2,1e+20}"))).toEqual([1, -2, 1e20]);
  const ewkb = "0101000020E6100000000000000000F03F0000000000000040";
  const [bytes, srid] = values(read(form("geometry"), ewkb));
  expect([(bytes as Buffer).toString("hex").toUpperCase(), srid]).toEqual([ewkb, 4326]);
});

test("bytes in every mode", () => {
  const shown = (binaries: TypeOptions["binaries"]) =>
    read(form("bytea", { binaries }), "\\xfbff00");
  expect(shown("bytes")).toEqual(Buffer.from([0xfb, 0xff, 0]));
  expect([shown("base64"), shown("base64-url-safe"), shown("hex")]).toEqual([
    "+/8A",
    "-_8A",
    "fbff00",
  ]);
});

describe("years that a number of microseconds only comes near to", () => {
  const last = "9999-12-31 23:59:59.999999";
  const micro = { times: "microseconds" } as const;

  test("are exact", () => {
    expect(read(form("timestamp", micro), last)).toBe(253_402_300_799_999_999n);
    expect(read(form("timestamp"), last)).toBe(253_402_300_799_999_999n);
    expect(read(form("timestamp", { times: "isostring" }), last)).toBe(
      "9999-12-31T23:59:59.999999Z",
    );
    expect(read(form("timestamp", {}, 3), "9999-12-31 23:59:59.999")).toBe(253_402_300_799_999);
    expect(read(form("timestamptz"), `${last}+05:30`)).toBe("9999-12-31T18:29:59.999999Z");
    expect(read(form("timestamp", micro), "4714-11-24 00:00:00.000001 BC")).toBe(
      -210_866_803_199_999_999n,
    );
  });

  test("stay within 64 bits, as Java's arithmetic does", () => {
    const end = "294276-12-31 23:59:59";
    expect(read(form("timestamp", micro), end)).toBe(2n ** 63n - 1n);
    expect(read(form("timestamp", micro), `${end}.999999`)).toBe(-9_223_372_036_853_775_810n);
    expect(read(form("timestamp", { times: "nanoseconds" }), "2262-04-11 23:47:16")).toBe(
      9_223_372_036_000_000_000n,
    );
    expect(read(form("timestamp", { times: "nanoseconds" }), "2262-04-11 23:47:17")).toBeNull();
  });
});
