import {
  type CelFunc,
  celEnv,
  type CelEnv,
  celFunc,
  type CelInput,
  type CelList,
  celList,
  celMethod,
  CelScalar,
  celUint,
  type CelValue,
  isCelError,
  isCelList,
  isCelMap,
  listType,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { RE2JS } from "@bufbuild/re2";
import type { Budget } from "./budget.ts";
import { operators } from "./operators.ts";

/** Visits the elements of a list or map: charges for them, and gives it back. */
export const BOUNDED = "@bounded";
/** Appends to a list that nothing else can see, in place. */
export const APPEND = "@append";

/** Instructions of a regular expression times characters that count as one step: at worst 0.2 ms. */
const MATCHING_PER_STEP = 2048;
/** Longest regular expression that is made of data. */
const MAX_PATTERN = 1000;
/** Regular expressions kept compiled, per environment. */
const MAX_PATTERNS = 100;

const { BOOL, DYN, INT, STRING, UINT } = CelScalar;
const LIST = listType(DYN);

/**
 * The functions of expressions: those of CEL and of its extension for strings, with what
 * walks through data charged to the budget, and what is not linear in the library, or
 * accepts more than CEL says, in a form of ours.
 */
export function createEnvironment(budget: Budget): CelEnv {
  const standard = celEnv({ funcs: [...strings] });
  return celEnv({
    funcs: [
      ...[...standard.funcs].filter(walksThroughData).map((func) => charged(func, budget)),
      ...listFunctions(budget),
      ...textFunctions(budget),
      ...operators(standard, budget),
    ],
  });
}

function walksThroughData({ name, target, arguments: args }: CelFunc): boolean {
  if (WALK_LISTS.has(name)) return true;
  return [target, ...args].some((type) => type?.name === "string" || type?.name === "bytes");
}

/** Functions whose cost grows with the length of a list they are given. */
const WALK_LISTS = new Set(["join", "format"]);

/** Functions that look for a text in another. */
const SEARCHES = new Set(["contains", "indexOf", "lastIndexOf"]);
/** Characters that are looked for as a rule, and without more charge. */
const USUAL_SEARCH = 64;

function charged(func: CelFunc, budget: Budget): CelFunc {
  const lists = WALK_LISTS.has(func.name);
  const searches = SEARCHES.has(func.name);
  const call = (target: CelValue | undefined, args: CelValue[]): CelInput => {
    if (searches) chargeSearch(target as string, args[0] as string, budget);
    if (target !== undefined) chargeFor(target, lists, budget);
    for (const arg of args) chargeFor(arg, lists, budget);
    const result = func.call(0, target, args);
    if (result === undefined || isCelError(result)) {
      throw result ?? new Error(`no such function: ${func.id}`);
    }
    return result;
  };
  const { name, target, arguments: types, result } = func;
  return target === undefined
    ? celFunc(name, types, result, (...args: CelValue[]) => call(undefined, args))
    : celMethod(name, target, types, result, function (...args: CelValue[]) {
        return call(this, args);
      });
}

function chargeFor(value: CelValue, lists: boolean, budget: Budget): void {
  if (typeof value === "string" || value instanceof Uint8Array) budget.chargeLength(value.length);
  else if (lists && isCelList(value)) budget.charge(value.size);
}

function listFunctions(budget: Budget): CelFunc[] {
  /** The arrays of lists that `@append` has made: nobody else appends to them. */
  const growing = new WeakMap<CelList, CelInput[]>();
  return [
    celFunc(BOUNDED, [DYN], DYN, (range: CelValue) => {
      if (isCelList(range) || isCelMap(range)) budget.charge(range.size + 1);
      return range;
    }),
    // The library chains lists, one in the other, and fails at some thousands of elements.
    celFunc(APPEND, [LIST, DYN], LIST, (list: CelList, element: CelValue) => {
      const array = growing.get(list);
      if (array !== undefined) {
        array.push(element);
        return list;
      }
      const fresh = [...list, element];
      const grown = celList(fresh);
      growing.set(grown, fresh);
      return grown;
    }),
  ];
}

function textFunctions(budget: Budget): CelFunc[] {
  const patterns = new Map<string, RE2JS>();
  const size = (text: string): bigint => {
    budget.chargeLength(text.length);
    return BigInt(codePoints(text));
  };
  return [
    celMethod("matches", STRING, [STRING], BOOL, function (pattern: string) {
      const regex = patternOf(pattern, patterns);
      budget.charge(Math.floor((this.length * regex.re2().prog.numInst()) / MATCHING_PER_STEP));
      return regex.test(this);
    }),
    celFunc("size", [STRING], INT, size),
    celMethod("size", STRING, [], INT, function () {
      return size(this);
    }),
    celMethod("replace", STRING, [STRING, STRING], STRING, function (found: string, by: string) {
      return replaced(this, found, by, -1n, budget);
    }),
    celMethod(
      "replace",
      STRING,
      [STRING, STRING, INT],
      STRING,
      function (found: string, by: string, limit: bigint) {
        return replaced(this, found, by, limit, budget);
      },
    ),
    celMethod("split", STRING, [STRING], LIST, function (separator: string) {
      return split(this, separator, -1n, budget);
    }),
    celMethod("split", STRING, [STRING, INT], LIST, function (separator: string, limit: bigint) {
      return split(this, separator, limit, budget);
    }),
    // The library also takes "", "0x1f" and texts of a million digits, which take it a second.
    celFunc("int", [STRING], INT, (text: string) => {
      const int = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
      if (int === undefined || BigInt.asIntN(64, int) !== int) throw new Error("not an int");
      return int;
    }),
    celFunc("uint", [STRING], UINT, (text: string) => {
      const int = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
      if (int === undefined || BigInt.asUintN(64, int) !== int) throw new Error("not a uint");
      return celUint(int);
    }),
  ];
}

/** @param limit how often at most; negative for without limit */
function replaced(text: string, found: string, by: string, limit: bigint, budget: Budget): string {
  chargeSearch(text, found, budget);
  const between = found === "" ? ["", ...Array.from(text), ""] : text.split(found);
  const parts = limit < 0n ? between : firstOf(between, found, Number(limit) + 1);
  budget.chargeLength(parts.length * by.length);
  return parts.join(by);
}

/** @param limit how many parts at most, the last with all the rest; negative for without limit */
function split(text: string, separator: string, limit: bigint, budget: Budget): CelList {
  chargeSearch(text, separator, budget);
  const all = separator === "" ? Array.from(text) : text.split(separator);
  budget.charge(all.length);
  return celList(limit < 0n ? all : firstOf(all, separator, Number(limit)));
}

function firstOf(parts: readonly string[], separator: string, limit: number): readonly string[] {
  if (parts.length <= limit) return parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

/**
 * Charges for looking for a text in another. That goes through the one alone as a rule, but
 * through both, one times the other, where the one that is looked for nearly fits everywhere.
 */
function chargeSearch(text: string, found: string, budget: Budget): void {
  budget.chargeLength(text.length * Math.ceil((found.length + 1) / USUAL_SEARCH));
}

/** As CEL counts characters. Iterating over a text costs ten times as much. */
function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) {
      count--;
    }
  }
  return count;
}

/**
 * A regular expression of RE2, which matches in linear time whatever the expression. Those
 * used lately are kept: compiling one costs more than matching with it.
 * @throws {Error} when it is none, or too long
 */
export function patternOf(pattern: string, patterns = new Map<string, RE2JS>()): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN) {
    throw new Error(`a regular expression may have ${MAX_PATTERN} characters`);
  }
  const compiled = RE2JS.compile(pattern);
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}
