import { Struct } from "@millrace/connect-api";
import { Readers } from "../../../../packages/connect-converters/src/json/reader.ts";
import { Writers } from "../../../../packages/connect-converters/src/json/writer.ts";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";
import {
  COUNT,
  FLAT,
  flatStructs,
  flatValues,
  LOGICAL,
  logicalStructs,
  NESTED,
  nestedStructs,
  numbered,
} from "./data.ts";

const OPTIONS = { numericDecimals: false, replaceNullWithDefault: true };
const SHAPES = [
  ["flat", FLAT, flatStructs],
  ["nested", NESTED, nestedStructs],
  ["decimals and timestamps", LOGICAL, logicalStructs],
] as const;

/** The struct itself, and the readers and writers that JsonConverter compiles for its schema. */
export const STRUCT_BENCHMARKS: readonly MicroBenchmark[] = [
  { name: "struct/get 10 fields by name", prepare: gettingByName },
  { name: "struct/get 10 fields by Field", prepare: gettingByField },
  { name: "struct/put 10 fields", prepare: putting },
  { name: "struct/make of values", prepare: making },
  ...SHAPES.flatMap(([what, schema, structs]) => [
    {
      name: `compiled/write ${what}`,
      prepare: (): Prepared => {
        const write = new Writers(OPTIONS).of(schema);
        return overAll(structs(), write);
      },
    },
    {
      name: `compiled/read ${what}`,
      prepare: (): Prepared => {
        const write = new Writers(OPTIONS).of(schema);
        const nodes = structs().map((struct) => JSON.parse(write(struct)) as unknown);
        return overAll(nodes, new Readers(OPTIONS).of(schema));
      },
    },
  ]),
];

function overAll<T>(values: readonly T[], work: (value: T) => unknown): Prepared {
  return {
    operations: values.length,
    bytes: 0,
    run() {
      for (const value of values) keep(work(value));
    },
  };
}

function gettingByName(): Prepared {
  const names = FLAT.fields.map(({ name }) => name);
  return overAll(flatStructs(), (struct) => {
    let present = 0;
    for (const name of names) if (struct.get(name) !== null) present++;
    return present;
  });
}

function gettingByField(): Prepared {
  const { fields } = FLAT;
  return overAll(flatStructs(), (struct) => {
    let present = 0;
    for (const field of fields) if (struct.get(field) !== null) present++;
    return present;
  });
}

function putting(): Prepared {
  const { fields } = FLAT;
  return overAll(numbered(flatValues), (values) => {
    const struct = new Struct(FLAT);
    for (const field of fields) struct.put(field, values[field.index]);
    return struct;
  });
}

function making(): Prepared {
  const values = numbered(flatValues);
  return {
    operations: COUNT,
    bytes: 0,
    run() {
      for (const row of values) keep(Struct.of(FLAT, row));
    },
  };
}
