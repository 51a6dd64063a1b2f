import { Float64 } from "@millrace/connect-api";
import { ANYTHING_FIELDS } from "./anything.ts";
import { readBlocks } from "./blocks.ts";
import type { ByteReader } from "./byte-reader.ts";
import { isSet } from "./write-anything.ts";

/** Reads the record Anything: data without schema. */
export function readAnything(input: ByteReader): unknown {
  let value: unknown = null;
  for (const field of ANYTHING_FIELDS) {
    if (isSet(input)) value = readKind(field, input);
  }
  return value;
}

function readKind(kind: (typeof ANYTHING_FIELDS)[number], input: ByteReader): unknown {
  switch (kind) {
    case "array": {
      const items: unknown[] = [];
      readBlocks(input, () => items.push(readAnything(input)));
      return items;
    }
    case "map":
      return readMap(input);
    case "boolean":
      return input.byte() !== 0;
    case "bytes":
      return input.bytes(input.int());
    case "double":
      return float(input.double());
    case "float":
      return float(input.float());
    case "int":
      return input.int();
    case "long":
      return input.long();
    case "string":
      return input.text(input.int());
  }
}

function readMap(input: ByteReader): unknown {
  const map = new Map<unknown, unknown>();
  readBlocks(input, () => {
    const key = readAnything(input);
    map.set(key, readAnything(input));
  });
  // A plain object where one holds the same: see `MapLike`.
  const plain = [...map.keys()].every(
    (key) => typeof key === "string" && key !== "__proto__" && !/^(0|[1-9]\d*)$/.test(key),
  );
  return plain ? Object.fromEntries(map as Map<string, unknown>) : map;
}

const float = (value: number): unknown => (Number.isInteger(value) ? new Float64(value) : value);
