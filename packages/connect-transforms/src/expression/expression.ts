import { type CelValue, isCelError, plan } from "@bufbuild/cel";
import type { Expr } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import { type ConnectRecord, DataError } from "@millrace/connect-api";
import { Budget, MAX_STEPS } from "./budget.ts";
import { createEnvironment } from "./functions.ts";
import { type Path, Sources } from "./sources.ts";
import {
  ExpressionProblem,
  namedEntries,
  notTooDeep,
  type Parsed,
  parseExpression,
  pathOf,
  Rewriter,
} from "./syntax.ts";

const BUDGET = new Budget();
const ENVIRONMENT = createEnvironment(BUDGET);

/** Longest part of an expression in messages. */
const MAX_QUOTED = 200;

/**
 * An expression in CEL, the Common Expression Language, ready to be evaluated for record
 * after record, synchronously. It sees the record and nothing else, changes nothing, ends,
 * and what one evaluation may cost is bounded ({@link Budget}).
 */
export class Expression {
  readonly text: string;
  /** The part of the record that the expression is, if it is nothing more than that. */
  readonly path: Path | undefined;
  readonly #what: string;
  readonly #parsed: Parsed;
  readonly #sources = new Sources(BUDGET);
  readonly #evaluate: (bindings: Sources["bindings"]) => unknown;

  /**
   * @param what names the expression in messages, such as `expression of field "total"`
   * @throws {ExpressionProblem} naming position and cause
   */
  private constructor(what: string, text: string, parsed: Parsed, expr: Expr) {
    this.#what = what;
    this.text = text;
    this.#parsed = parsed;
    this.path = pathOf(expr);
    const rewritten = new Rewriter(parsed, ENVIRONMENT, this.#sources).rewrite(expr);
    this.#evaluate = plan(ENVIRONMENT, rewritten);
  }

  /** @throws {ExpressionProblem} when it is no expression; the message says where and why */
  static of(what: string, text: string): Expression {
    return notTooDeep(() => {
      const parsed = parseExpression(text);
      return new Expression(what, text, parsed, parsed.expr);
    });
  }

  /**
   * The expressions of a map, `{'a': …, 'b': …}`, one by one; undefined for anything else.
   * @throws {ExpressionProblem} for a name that occurs twice, and as `of`
   */
  static entriesOf(text: string): Map<string, Expression> | undefined {
    return notTooDeep(() => {
      const parsed = parseExpression(text);
      const entries = namedEntries(parsed.expr);
      if (entries === undefined) return undefined;
      const expressions = new Map<string, Expression>();
      for (const { name, expr } of entries) {
        if (expressions.has(name)) throw new ExpressionProblem(`${name} is given twice`);
        expressions.set(name, new Expression(`expression of ${name}`, text, parsed, expr));
      }
      return expressions;
    });
  }

  /** @throws {DataError} naming the expression and what failed in it; the record is not printed */
  evaluate(record: ConnectRecord): CelValue {
    this.#sources.record = record;
    BUDGET.renew();
    const result = this.#run();
    if (BUDGET.exhausted) {
      throw this.error(
        `it visits more than ${MAX_STEPS} elements of lists and maps: make the loops in it shorter`,
      );
    }
    if (!isCelError(result)) return result as CelValue;
    const position = this.#parsed.positionOf(result.exprId);
    const at = position === undefined ? "" : ` at ${position}`;
    // Not its cause: conversions quote what they could not convert, as long as it may be.
    throw this.error(`${shortened(result.message)}${at}`);
  }

  /**
   * An error is a value in CEL, made and thrown away in each round of a loop. Their stacks
   * tell nobody anything, and would cost twenty times what all the rest does.
   */
  #run(): unknown {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return this.#evaluate(this.#sources.bindings);
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** An error of this expression for a record: why it has no result, or none that can be used. */
  error(why: string): DataError {
    return new DataError(`The ${this.#what} failed: ${why}. It is: ${shortened(this.text)}`);
  }
}

function shortened(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}

/** What is wrong with an expression, for the check of a key; undefined when nothing is. */
export function expressionProblem(text: string): string | undefined {
  return problemOf(() => Expression.of("expression", text));
}

/** As `expressionProblem`, of a map of expressions. */
export function entriesProblem(text: string): string | undefined {
  return problemOf(() => {
    const entries = Expression.entriesOf(text);
    if (entries === undefined) {
      throw new ExpressionProblem(
        "it must be a map with texts as names, such as {'total': value.price * value.count}",
      );
    }
    if (entries.size === 0) throw new ExpressionProblem("the map is empty");
  });
}

function problemOf(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionProblem) return error.message;
    throw error;
  }
}
