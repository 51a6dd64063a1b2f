import type { Props } from "@millrace/connect-api";
import type { ConfigProblem } from "./problems.ts";

/** A key of a Java connector that has no effect here, and the values that ask for nothing. */
export interface OtherKey {
  /** A key, or with a `*` at its end all that begin so. */
  readonly name: string;
  readonly idle: readonly string[];
  /** refuse: other requests would be made, or less safe ones. warn: it can be done without. */
  readonly effect: "refuse" | "warn";
  /** What to do instead. */
  readonly remedy: string;
}

/** Keys that a configuration cannot do with (I6). */
export function refusedKeys(others: readonly OtherKey[], props: Props): ConfigProblem[] {
  return asked(others, props, "refuse").map(({ key, remedy }) => ({
    keys: [key],
    message: `${key} is not supported: ${remedy}`,
  }));
}

/** A sentence for each key that is accepted without effect. */
export function ignoredKeys(others: readonly OtherKey[], props: Props): string[] {
  return asked(others, props, "warn").map(
    ({ key, remedy }) => `${key} has no effect on this connector: ${remedy}`,
  );
}

function asked(others: readonly OtherKey[], props: Props, effect: OtherKey["effect"]) {
  return Object.entries(props).flatMap(([key, value]) => {
    const other = others.find(({ name }) =>
      name.endsWith("*") ? key.startsWith(name.slice(0, -1)) : key === name,
    );
    if (other === undefined || other.effect !== effect) return [];
    const text = value.trim().toLowerCase();
    return text === "" || other.idle.includes(text) ? [] : [{ key, remedy: other.remedy }];
  });
}
