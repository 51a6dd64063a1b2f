import { ExpressionPredicate } from "../../../../packages/connect-transforms/src/expression/expression-predicate.ts";
import { ExpressionValue } from "../../../../packages/connect-transforms/src/expression/expression-transform.ts";
import type { MicroBenchmark, Prepared } from "./benchmark.ts";
import { flatRecords, mapRecords, nestedRecords, overAll } from "./records.ts";

const CONDITIONS = [
  ["one comparison of a struct", flatRecords, "value.country == 'AT'"],
  ["one comparison of a map", mapRecords, "value.country == 'AT'"],
  [
    "three comparisons of a struct",
    flatRecords,
    "value.active && value.age > 17 && value.country in ['AT', 'DE']",
  ],
  ["a regular expression", flatRecords, "value.name.matches('^customer [0-9]+$')"],
  ["a loop over 3 structs", nestedRecords, "value.others.exists(a, a.zip > 5000)"],
] as const;

const FIELDS = [
  ["one field of a struct", flatRecords, "{'total': value.score * value.age}"],
  ["one field of a map", mapRecords, "{'total': value.score * value.age}"],
  [
    "three fields of a struct",
    flatRecords,
    "{'total': value.score * value.age, 'label': value.name + '-' + string(value.id), 'from': value.country}",
  ],
] as const;

/** What the predicate and the transform cost per record. */
export const EXPRESSION_BENCHMARKS: readonly MicroBenchmark[] = [
  ...CONDITIONS.map(([what, records, expression]) => ({
    name: `expression/condition: ${what}`,
    prepare: (): Prepared => {
      const predicate = new ExpressionPredicate();
      predicate.configure({ expression });
      return overAll(records(), (record) => predicate.test(record));
    },
  })),
  ...FIELDS.map(([what, records, fields]) => ({
    name: `expression/compute ${what}`,
    prepare: (): Prepared => {
      const transform = new ExpressionValue();
      transform.configure({ fields });
      return overAll(records(), (record) => transform.apply(record));
    },
  })),
];
