import type { ConfigValue } from "@millrace/connect-api";

/** Something wrong with a configuration, and the keys under which it is shown. */
export interface ConfigProblem {
  readonly keys: readonly string[];
  readonly message: string;
}

/** Adds messages to the keys they are about, also to keys that are not in the table. */
export function addProblems(values: ConfigValue[], problems: readonly ConfigProblem[]): void {
  for (const { keys, message } of problems) {
    for (const name of keys) {
      let value = values.find((candidate) => candidate.name === name);
      if (value === undefined) {
        value = { name, value: null, recommendedValues: [], errors: [], visible: true };
        values.push(value);
      }
      value.errors.push(message);
    }
  }
}
