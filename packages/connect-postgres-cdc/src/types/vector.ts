import { Schema, Struct } from "@millrace/connect-api";
import type { TypeForm } from "./column-type.ts";
import { structForm } from "./struct-form.ts";

/** pgvector's `vector` and `halfvec`: `[1,2.5]`. */
export function vectorForm(type: "vector" | "halfvec"): TypeForm {
  const isDouble = type === "vector";
  return {
    schema: {
      type: "ARRAY",
      name: `io.debezium.data.${isDouble ? "DoubleVector" : "FloatVector"}`,
      version: 1,
      valueSchema: new Schema({ type: isDouble ? "FLOAT64" : "FLOAT32" }),
    },
    zero: [],
    read: (bytes, at, length) => {
      const inner = bytes.toString("latin1", at + 1, at + length - 1);
      return inner === "" ? [] : inner.split(",").map(Number);
    },
  };
}

const SPARSE = {
  type: "STRUCT" as const,
  name: "io.debezium.data.SparseDoubleVector",
  version: 1,
  doc: "Sparse double vector",
  fields: [
    { name: "dimensions", schema: new Schema({ type: "INT16" }) },
    {
      name: "vector",
      schema: new Schema({
        type: "MAP",
        keySchema: new Schema({ type: "INT16" }),
        valueSchema: new Schema({ type: "FLOAT64" }),
      }),
    },
  ],
};

/** pgvector's `sparsevec`: `{1:1.5,3:2}/5`. */
export function sparseVectorForm(): TypeForm {
  return structForm(SPARSE, (schema) => ({
    zero: Struct.of(schema, [0, new Map()]),
    read: (bytes, at, length) => {
      const [inner = "", dimensions = "0"] = bytes
        .toString("latin1", at + 1, at + length)
        .split("}/");
      const pairs = inner === "" ? [] : inner.split(",").map((pair) => pair.split(":").map(Number));
      return Struct.of(schema, [Number(dimensions), new Map(pairs as [number, number][])]);
    },
  }));
}
