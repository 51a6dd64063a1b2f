import { expect, test } from "vitest";
import type { PgType } from "../types/pg-type.ts";
import { sourceType } from "./column-size.ts";

const NAMES = [
  "int4",
  "int8",
  "numeric",
  "varchar",
  "time",
  "timestamp",
  "timestamptz",
  "float8",
  "interval",
  "text",
];
const SCALAR = { kind: "b", elementOid: 0, baseOid: 0, baseModifier: -1, labels: [] };
const scalar = (name: string, i: number): [number, PgType] => [
  i + 1,
  { ...SCALAR, oid: i + 1, name, form: name },
];
const BASE = NAMES.map(scalar);
const DOMAIN = 500;
const TYPES = new Map([
  ...BASE,
  ...BASE.map(([oid, type]): [number, PgType] => [
    oid + 100,
    { ...type, oid: oid + 100, name: `_${type.name}`, form: "", elementOid: oid },
  ]),
  [DOMAIN, { ...scalar("posint", 0)[1], oid: DOMAIN, form: "", kind: "d", baseOid: 1 }],
]);

function told(
  name: string,
  modifier = -1,
  isSnapshot = false,
  defaultExpression: string | null = null,
) {
  const oid =
    name === "posint"
      ? DOMAIN
      : NAMES.indexOf(name.replace("[]", "")) + (name.endsWith("[]") ? 101 : 1);
  const column = { name: "c", typeOid: oid, modifier, isRequired: false, defaultExpression };
  const { name: type, length, scale } = sourceType(TYPES, column, isSnapshot);
  return [type, length, scale];
}

/** As recorded from Debezium 3.7.0 with column.propagate.source.type. */
test("types have the sizes that Java's driver tells", () => {
  expect(told("int4")).toEqual(["int4", 10, 0]);
  expect(told("int8", -1, true, "nextval('t_id_seq'::regclass)")).toEqual(["bigserial", 19, 0]);
  expect(told("posint")).toEqual(["posint", 10, 0]);
  expect(told("float8")).toEqual(["float8", 17, 17]);
  expect(told("text")).toEqual(["text", 2_147_483_647, 0]);
  expect(told("varchar", 54)).toEqual(["varchar", 50, 0]);
  expect(told("numeric", ((10 << 16) | 2) + 4)).toEqual(["numeric", 10, 2]);
  expect(told("numeric[]", ((6 << 16) | 2) + 4)).toEqual(["_numeric", 6, 2]);
  expect(told("interval")).toEqual(["interval", 49, 6]);
  expect(["time", "timestamp", "timestamptz"].map((name) => told(name))).toEqual([
    ["time", 15, 6],
    ["timestamp", 29, 6],
    ["timestamptz", 35, 6],
  ]);
  expect([0, 1, 3].map((digits) => told("timestamp", digits))).toEqual([
    ["timestamp", 22, 0],
    ["timestamp", 25, 1],
    ["timestamp", 26, 3],
  ]);
});

test("a numeric without a size has one in the stream only", () => {
  expect(told("numeric", -1, true)).toEqual(["numeric", 0, undefined]);
  expect(told("numeric", -1, false)).toEqual(["numeric", 131_089, 0]);
  expect(told("numeric[]", -1, true)).toEqual(["_numeric", 131_089, 0]);
});
