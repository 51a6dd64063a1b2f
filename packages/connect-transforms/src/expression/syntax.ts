import { type CelEnv, type CelFunc, parse } from "@bufbuild/cel";
import type { Expr, Expr_Comprehension } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import { APPEND, BOUNDED, patternOf } from "./functions.ts";
import { operatorFor } from "./operators.ts";
import { GUARD, isVariable, type Path, type Sources, VARIABLES } from "./sources.ts";

/** Longest expression, in characters. */
export const MAX_LENGTH = 10_000;

/** Type names, which CEL has as values: `type(value.a) == int`. */
const TYPE_NAMES = new Set([
  "bool",
  "bytes",
  "double",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint",
]);

/** What the library does not call as a function. */
const OPERATORS = new Set(["_?_:_", "_&&_", "_||_", "_[_]", "@not_strictly_false"]);

/** An expression cannot be used; the message says where and why, for whoever wrote it. */
export class ExpressionProblem extends Error {
  override readonly name = "ExpressionProblem";
}

/** A parsed expression, and where its parts stand in the text. */
export interface Parsed {
  readonly expr: Expr;
  positionOf(id: bigint | undefined): string | undefined;
}

/** @throws {ExpressionProblem} when the text is too long or no expression; {RangeError} when it is too deep */
export function parseExpression(text: string): Parsed {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionProblem(
      `the expression has ${text.length} characters, and may have ${MAX_LENGTH}`,
    );
  }
  try {
    const { expr, sourceInfo } = parse(text);
    if (expr === undefined) throw new ExpressionProblem("there is no expression");
    const positions = sourceInfo?.positions ?? {};
    return {
      expr,
      positionOf: (id) => {
        const offset = id === undefined ? undefined : positions[String(id)];
        return offset === undefined ? undefined : positionText(text, offset);
      },
    };
  } catch (error) {
    // The stack is full: `notTooDeep` says so.
    if (error instanceof ExpressionProblem || error instanceof RangeError) throw error;
    throw new ExpressionProblem(syntaxProblem(text, error as SyntaxProblem), { cause: error });
  }
}

/** @throws {ExpressionProblem} when the stack does not suffice for what is to be done with an expression */
export function notTooDeep<T>(compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionProblem("the expression is nested too deeply", { cause: error });
  }
}

/** What the library's parser throws. */
interface SyntaxProblem extends Error {
  readonly rawMessage?: string;
  readonly location?: { readonly start: { readonly offset: number } };
}

function syntaxProblem(text: string, { message, rawMessage, location }: SyntaxProblem): string {
  if (location === undefined) return message;
  return `${positionText(text, location.start.offset)}: ${rawMessage ?? message}`;
}

function positionText(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/**
 * Checks what is known before there is a record, and makes of an expression the one that is
 * evaluated: each loop asks the budget first, and the parts of the record that are named
 * are bound one by one.
 */
export class Rewriter {
  readonly #parsed: Parsed;
  readonly #env: CelEnv;
  readonly #sources: Sources;

  constructor(parsed: Parsed, env: CelEnv, sources: Sources) {
    this.#parsed = parsed;
    this.#env = env;
    this.#sources = sources;
  }

  /**
   * @param local the variables of the macros around (`x` in `list.all(x, …)`)
   * @throws {ExpressionProblem} for a variable or function that there is not
   */
  rewrite(expr: Expr, local: ReadonlySet<string> = new Set()): Expr {
    const path = pathOf(expr, local);
    if (path !== undefined) return ident(expr, this.#sources.bind(path, true));
    const { exprKind } = expr;
    const all = (exprs: readonly Expr[]) => exprs.map((child) => this.rewrite(child, local));
    switch (exprKind.case) {
      case "identExpr":
        this.#checkVariable(expr, exprKind.value.name, local);
        return expr;
      case "selectExpr":
        return exprKind.value.testOnly ? this.#presence(expr, local) : this.#select(expr, local);
      case "callExpr":
        return this.#call(expr, local);
      case "listExpr":
        return {
          ...expr,
          exprKind: {
            case: "listExpr",
            value: { ...exprKind.value, elements: all(exprKind.value.elements) },
          },
        };
      case "structExpr":
        return this.#map(expr, local);
      case "comprehensionExpr":
        return this.#loop(expr, exprKind.value, local);
      default:
        return expr;
    }
  }

  #problem(expr: Expr, why: string): ExpressionProblem {
    const position = this.#parsed.positionOf(expr.id);
    return new ExpressionProblem(position === undefined ? why : `${position}: ${why}`);
  }

  #checkVariable(expr: Expr, name: string, local: ReadonlySet<string>): void {
    if (local.has(name) || TYPE_NAMES.has(name)) return;
    throw this.#problem(
      expr,
      `unknown variable ${name}; there are ${VARIABLES.join(", ")}, and text stands in quotes`,
    );
  }

  #select(expr: Expr, local: ReadonlySet<string>): Expr {
    const { exprKind } = expr;
    if (exprKind.case !== "selectExpr" || exprKind.value.operand === undefined) return expr;
    const operand = this.rewrite(exprKind.value.operand, local);
    return { ...expr, exprKind: { case: "selectExpr", value: { ...exprKind.value, operand } } };
  }

  /**
   * `has(a.b.c)` is false, and no error, where already `a.b` is missing: whoever asks wants
   * to know that.
   */
  #presence(expr: Expr, local: ReadonlySet<string>): Expr {
    const { exprKind } = expr;
    if (exprKind.case !== "selectExpr" || exprKind.value.operand === undefined) return expr;
    const above = exprKind.value.operand;
    const path = pathOf(above, local);
    if (path !== undefined) {
      const operand = ident(above, this.#sources.bind(path, false));
      return { ...expr, exprKind: { case: "selectExpr", value: { ...exprKind.value, operand } } };
    }
    const itself = this.#select(expr, local);
    if (above.exprKind.case !== "selectExpr") return itself;
    const testOnly = { ...above.exprKind.value, testOnly: true };
    const first = this.#presence(
      { ...above, exprKind: { case: "selectExpr", value: testOnly } },
      local,
    );
    return call(expr, "_&&_", [first, itself]);
  }

  #call(expr: Expr, local: ReadonlySet<string>): Expr {
    const { exprKind } = expr;
    if (exprKind.case !== "callExpr") return expr;
    const { function: name, target, args } = exprKind.value;
    this.#checkFunction(expr, name, target !== undefined, args);
    return {
      ...expr,
      exprKind: {
        case: "callExpr",
        value: {
          ...exprKind.value,
          function: operatorFor(name),
          target: target && this.rewrite(target, local),
          args: args.map((arg) => this.rewrite(arg, local)),
        },
      },
    };
  }

  #checkFunction(expr: Expr, name: string, isMethod: boolean, args: readonly Expr[]): void {
    if (OPERATORS.has(name)) return;
    const known = [...(this.#env.funcs.find(name) ?? [])];
    if (known.length === 0 || name === BOUNDED) {
      throw this.#problem(expr, `unknown function ${name}`);
    }
    const fits = known.some(
      (func) => (func.target !== undefined) === isMethod && func.arguments.length === args.length,
    );
    if (!fits) {
      throw this.#problem(
        expr,
        `function ${name} is not called like this, but as ${[...new Set(known.map(usage))].join(" or ")}`,
      );
    }
    this.#checkPattern(expr, name, args);
  }

  #checkPattern(expr: Expr, name: string, [pattern]: readonly Expr[]): void {
    const text = name === "matches" && pattern !== undefined ? constantText(pattern) : undefined;
    if (text === undefined) return;
    try {
      patternOf(text);
    } catch (error) {
      throw this.#problem(expr, (error as Error).message);
    }
  }

  #map(expr: Expr, local: ReadonlySet<string>): Expr {
    const { exprKind } = expr;
    if (exprKind.case !== "structExpr") return expr;
    const { messageName, entries } = exprKind.value;
    if (messageName !== "") {
      throw this.#problem(expr, `unknown type ${messageName}; a map is written {'name': value}`);
    }
    const rewritten = entries.map((entry) => ({
      ...entry,
      keyKind:
        entry.keyKind.case === "mapKey"
          ? { case: "mapKey" as const, value: this.rewrite(entry.keyKind.value, local) }
          : entry.keyKind,
      value: entry.value && this.rewrite(entry.value, local),
    }));
    return {
      ...expr,
      exprKind: { case: "structExpr", value: { ...exprKind.value, entries: rewritten } },
    };
  }

  #loop(expr: Expr, loop: Expr_Comprehension, local: ReadonlySet<string>): Expr {
    const { iterVar, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = loop;
    const inside = new Set([...local, iterVar, accuVar]);
    const step = loopStep && appending(loopStep, accuVar);
    return {
      ...expr,
      exprKind: {
        case: "comprehensionExpr",
        value: {
          ...loop,
          iterRange: iterRange && call(iterRange, BOUNDED, [this.rewrite(iterRange, local)]),
          accuInit: accuInit && this.rewrite(accuInit, local),
          loopCondition:
            loopCondition &&
            call(loopCondition, "_&&_", [
              ident(loopCondition, GUARD),
              this.rewrite(loopCondition, inside),
            ]),
          loopStep: step && this.rewrite(step, inside),
          result: result && this.rewrite(result, inside),
        },
      },
    };
  }
}

/** `a.b["c"]` below one of the record's variables. */
export function pathOf(expr: Expr, local: ReadonlySet<string> = new Set()): Path | undefined {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "identExpr": {
      const { name } = exprKind.value;
      return isVariable(name) && !local.has(name) ? { variable: name, names: [] } : undefined;
    }
    case "selectExpr": {
      const { operand, field, testOnly } = exprKind.value;
      return operand === undefined || testOnly ? undefined : below(pathOf(operand, local), field);
    }
    case "callExpr": {
      const [operand, index] = exprKind.value.args;
      if (exprKind.value.function !== "_[_]" || !operand || !index) return undefined;
      return below(pathOf(operand, local), constantText(index));
    }
    default:
      return undefined;
  }
}

function below(path: Path | undefined, name: string | undefined): Path | undefined {
  return path && name !== undefined ? { ...path, names: [...path.names, name] } : undefined;
}

function constantText({ exprKind }: Expr): string | undefined {
  if (exprKind.case !== "constExpr") return undefined;
  const { constantKind } = exprKind.value;
  return constantKind.case === "stringValue" ? constantKind.value : undefined;
}

/**
 * The entries of an expression that is a map with texts as names, `{'a': …, 'b': …}`;
 * undefined for other expressions.
 */
export function namedEntries({ exprKind }: Expr): { name: string; expr: Expr }[] | undefined {
  if (exprKind.case !== "structExpr" || exprKind.value.messageName !== "") return undefined;
  const entries: { name: string; expr: Expr }[] = [];
  for (const { keyKind, value } of exprKind.value.entries) {
    const name = keyKind.case === "mapKey" ? constantText(keyKind.value) : undefined;
    if (name === undefined || value === undefined) return undefined;
    entries.push({ name, expr: value });
  }
  return entries;
}

/** In the steps of `map` and `filter`, `result + [x]` becomes an append. */
function appending(step: Expr, accuVar: string): Expr {
  const { exprKind } = step;
  if (exprKind.case !== "callExpr") return step;
  const { function: name, args } = exprKind.value;
  if (name === "_?_:_") {
    const [condition, ...branches] = args;
    const changed = branches.map((branch) => appending(branch, accuVar));
    return call(step, name, [condition!, ...changed]);
  }
  const [list, added] = args;
  const isResult = list?.exprKind.case === "identExpr" && list.exprKind.value.name === accuVar;
  if (name !== "_+_" || !isResult || added?.exprKind.case !== "listExpr") return step;
  const [element, ...others] = added.exprKind.value.elements;
  return element === undefined || others.length > 0 ? step : call(step, APPEND, [list, element]);
}

function ident(at: Expr, name: string): Expr {
  const value = { $typeName: "cel.expr.Expr.Ident" as const, name };
  return { ...at, exprKind: { case: "identExpr", value } };
}

function call(at: Expr, name: string, args: Expr[]): Expr {
  const value = { $typeName: "cel.expr.Expr.Call" as const, function: name, args };
  return { ...at, exprKind: { case: "callExpr", value } };
}

function usage({ name, target, arguments: args }: CelFunc): string {
  const called = `${name}(${args.map((type) => type.name).join(", ")})`;
  return target === undefined ? called : `${target.name}.${called}`;
}
