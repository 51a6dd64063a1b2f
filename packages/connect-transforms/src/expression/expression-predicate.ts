import {
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Predicate,
  type Props,
} from "@millrace/connect-api";
import { Expression, expressionProblem } from "./expression.ts";

const CONFIG = {
  expression: {
    type: "STRING",
    importance: "HIGH",
    check: (value) => expressionProblem(value as string),
    doc: "A condition in CEL, such as `value.status == 'PAID' && value.total > 100`.",
  },
} as const satisfies ConfigDef;

/** True for records that a condition is true of (`millrace.transforms.predicates.Expression`). */
export class ExpressionPredicate implements Predicate {
  #expression!: Expression;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#expression = Expression.of("condition", parseConfig(CONFIG, props).expression);
  }

  /** @throws {DataError} when the condition fails, or gives neither true nor false */
  test(record: ConnectRecord): boolean {
    const result = this.#expression.evaluate(record);
    if (typeof result === "boolean") return result;
    throw this.#expression.error("a condition must give true or false");
  }
}
