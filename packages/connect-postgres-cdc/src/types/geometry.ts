import { Schema, Struct } from "@millrace/connect-api";
import type { TypeForm } from "./column-type.ts";
import { structForm } from "./struct-form.ts";

const FLOAT64 = new Schema({ type: "FLOAT64" });
const BYTES = new Schema({ type: "BYTES" });
const OPTIONAL_BYTES = new Schema({ type: "BYTES", optional: true });
const OPTIONAL_INT32 = new Schema({ type: "INT32", optional: true });
const STRING = new Schema({ type: "STRING" });
const EXTENSIONS = new Schema({
  type: "MAP",
  keySchema: STRING,
  valueSchema: STRING,
  optional: true,
});

const named = (of: string, version: number, doc: string, fields: [string, Schema][]) => ({
  type: "STRUCT" as const,
  name: `io.debezium.data.geometry.${of}`,
  version,
  doc,
  fields: fields.map(([name, schema]) => ({ name, schema })),
});

const POINT = named("Point", 1, "Geometry (POINT)", [
  ["x", FLOAT64],
  ["y", FLOAT64],
  ["wkb", OPTIONAL_BYTES],
  ["srid", OPTIONAL_INT32],
]);
const shape = (of: string, doc: string) =>
  named(of, 2, doc, [
    ["wkb", BYTES],
    ["srid", OPTIONAL_INT32],
    ["extensions", EXTENSIONS],
  ]);
const GEOMETRY = shape("Geometry", "Geometry");
const GEOGRAPHY = shape("Geography", "Geography");
const CENTER = new Schema(POINT);
const CIRCLE = named("Circle", 1, "Geometry (CIRCLE)", [
  ["center", CENTER],
  ["radius", FLOAT64],
]);
const LINE = named("Line", 1, "Geometry (LINE)", [
  ["a", FLOAT64],
  ["b", FLOAT64],
  ["c", FLOAT64],
]);

type Pairs = [number, number][];

/** All numbers of a text, two by two. */
function pairs(text: string): Pairs {
  const numbers = numbersOf(text);
  return Array.from({ length: numbers.length / 2 }, (_, i) => [
    numbers[2 * i]!,
    numbers[2 * i + 1]!,
  ]);
}

function numbersOf(text: string): number[] {
  return (text.match(/[-+]?(?:NaN|Infinity|[\d.]+(?:e[-+]?\d+)?)/gi) ?? []).map(Number);
}

const textOf = (bytes: Buffer, at: number, length: number) =>
  bytes.toString("latin1", at, at + length);

export function pointForm(): TypeForm {
  return structForm(POINT, (schema) => {
    const of = ([x, y]: [number, number]) => pointOf(schema, x, y);
    return { zero: of([0, 0]), read: (...place) => of(pairs(textOf(...place))[0] ?? [0, 0]) };
  });
}

function pointOf(schema: Schema, x: number, y: number): Struct {
  return Struct.of(schema, [x, y, wkb(1, [[[x, y]]]), null]);
}

type ShapeType = "box" | "lseg" | "path" | "polygon";

/** The smallest valid shape of each kind, for columns that must not be null. */
const SMALLEST: Readonly<Record<ShapeType, string>> = {
  box: "(1,1),(0,0)",
  lseg: "[(0,0),(1,0)]",
  path: "[(0,0),(1,0)]",
  polygon: "((0,0),(1,0),(0,1))",
};

export function shapeForm(type: ShapeType): TypeForm {
  const of = (schema: Schema, text: string) => {
    const points = pairs(text);
    const extensions = new Map([["type", type]]) as Map<string, string>;
    if (type === "path") extensions.set("closed", String(text.startsWith("(")));
    const bytes =
      type === "box"
        ? wkb(3, [boxRing(points)])
        : type === "polygon"
          ? wkb(3, [closed(points)])
          : wkb(2, [points]);
    return Struct.of(schema, [bytes, null, extensions]);
  };
  return structForm(GEOMETRY, (schema) => ({
    zero: of(schema, SMALLEST[type]),
    read: (...place) => of(schema, textOf(...place)),
  }));
}

function boxRing([first, second]: Pairs): Pairs {
  const [x1, y1] = first ?? [0, 0];
  const [x2, y2] = second ?? [0, 0];
  return [
    [x1, y1],
    [x1, y2],
    [x2, y2],
    [x2, y1],
    [x1, y1],
  ];
}

function closed(ring: Pairs): Pairs {
  const [first] = ring;
  const last = ring.at(-1);
  if (first === undefined || last === undefined || ring.length < 2) return ring;
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

/** Little-endian well-known binary of a point (1), line string (2) or polygon (3). */
function wkb(kind: 1 | 2 | 3, rings: readonly Pairs[]): Buffer {
  const points = rings.reduce((sum, ring) => sum + ring.length, 0);
  const counts = kind === 1 ? 0 : kind === 2 ? 1 : 1 + rings.length;
  const bytes = Buffer.alloc(5 + 4 * counts + 16 * points);
  bytes[0] = 1;
  let at = bytes.writeUInt32LE(kind, 1);
  if (kind === 3) at = bytes.writeUInt32LE(rings.length, at);
  for (const ring of rings) {
    if (kind !== 1) at = bytes.writeUInt32LE(ring.length, at);
    for (const [x, y] of ring) at = bytes.writeDoubleLE(y, bytes.writeDoubleLE(x, at));
  }
  return bytes;
}

export function circleForm(): TypeForm {
  return structForm(CIRCLE, (schema) => {
    const of = ([x = 0, y = 0, radius = 0]: number[]) =>
      Struct.of(schema, [pointOf(CENTER, x, y), radius]);
    return { zero: of([]), read: (...place) => of(numbersOf(textOf(...place))) };
  });
}

/** `{A,B,C}`; A and B are never both 0. */
export function lineForm(): TypeForm {
  return structForm(LINE, (schema) => ({
    zero: Struct.of(schema, [0, 1, 0]),
    read: (...place) => Struct.of(schema, numbersOf(textOf(...place))),
  }));
}

const HAS_SRID = 0x2000_0000;

/** PostGIS's types: extended well-known binary in hexadecimal digits. */
export function postgisForm(type: "geometry" | "geography"): TypeForm {
  return structForm(type === "geometry" ? GEOMETRY : GEOGRAPHY, (schema) => {
    const of = (bytes: Buffer) => Struct.of(schema, [bytes, sridOf(bytes), null]);
    return {
      // An empty geometry collection.
      zero: of(Buffer.from("010700000000000000", "hex")),
      read: (...place) => of(Buffer.from(textOf(...place), "hex")),
    };
  });
}

function sridOf(bytes: Buffer): number | null {
  if (bytes.length < 9) return null;
  const isLittle = bytes[0] === 1;
  const kind = isLittle ? bytes.readUInt32LE(1) : bytes.readUInt32BE(1);
  if ((kind & HAS_SRID) === 0) return null;
  return isLittle ? bytes.readInt32LE(5) : bytes.readInt32BE(5);
}
