import type { Props, SourceRecord, Transformation } from "@millrace/connect-api";
import {
  CastValue,
  InsertFieldValue,
  MaskFieldValue,
  ReplaceFieldValue,
  TimestampConverterValue,
} from "../../../../packages/connect-transforms/src/index.ts";
import type { MicroBenchmark } from "./benchmark.ts";
import { flatRecords, mapRecords, nestedRecords, overAll } from "./records.ts";

type Step = readonly [transform: new () => Transformation, props: Props];

const INSERT: Step = [
  InsertFieldValue,
  { "topic.field": "topic", "static.field": "source", "static.value": "bench" },
];
const TIME: Step = [InsertFieldValue, { "timestamp.field": "at" }];
const REPLACE: Step = [ReplaceFieldValue, { exclude: "note", renames: "name:title" }];
const CONVERT: Step = [
  TimestampConverterValue,
  { field: "at", "target.type": "string", format: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" },
];
const MASK_NESTED: Step = [
  MaskFieldValue,
  { fields: "home.street,others[*].street", "field.syntax.version": "V2" },
];
const CAST_NESTED: Step = [
  CastValue,
  { spec: "others[*].zip:string", "field.syntax.version": "V2" },
];

const CASES: readonly (readonly [what: string, () => SourceRecord[], readonly Step[]])[] = [
  ["InsertField in a struct", flatRecords, [INSERT]],
  ["InsertField in a map", mapRecords, [INSERT]],
  ["ReplaceField in a struct", flatRecords, [REPLACE]],
  ["ReplaceField in a map", mapRecords, [REPLACE]],
  ["TimestampConverter, each time another", flatRecords, [TIME, CONVERT]],
  ["InsertField, ReplaceField, TimestampConverter", flatRecords, [TIME, INSERT, REPLACE, CONVERT]],
  ["MaskField in a struct and 3 elements", nestedRecords, [MASK_NESTED]],
  ["Cast in 3 elements", nestedRecords, [CAST_NESTED]],
];

/** What the built-in transforms cost per record; `TIME` puts in the time that is converted. */
export const TRANSFORM_BENCHMARKS: readonly MicroBenchmark[] = CASES.map(
  ([what, records, steps]) => ({
    name: `transform/${what}`,
    prepare() {
      const chain = steps.map(([TransformClass, props]) => {
        const transformation = new TransformClass();
        transformation.configure(props);
        return transformation;
      });
      return overAll(records(), (record) => {
        let changed: unknown = record;
        for (const transformation of chain) changed = transformation.apply(changed as SourceRecord);
        return changed;
      });
    },
  }),
);
