import {
  type CelEnv,
  type CelFunc,
  celFunc,
  type CelInput,
  type CelList,
  celList,
  CelScalar,
  celType,
  type CelValue,
  isCelError,
  isCelList,
  isCelMap,
} from "@bufbuild/cel";
import type { Budget } from "./budget.ts";

const { DYN } = CelScalar;
const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);

type Operator = (left: CelValue, right: CelValue) => CelInput;

/** The library's names of binary operators, and the names of ours. */
const NAMES = new Map(
  ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"].map((sign) => [
    `_${sign}_`,
    `@${sign}`,
  ]),
).set("@in", "@ in");

/** The function that stands in for an operator of the library; others keep their name. */
export function operatorFor(name: string): string {
  return NAMES.get(name) ?? name;
}

/**
 * Binary operators. The library goes through all types that an operator has until one fits,
 * which costs more than the operator; here two ints, doubles or strings are at once what
 * they are, and everything else goes to the library. What walks through data is charged.
 *
 * Beyond CEL, an int may meet a double: data without schema has `20` in one record and
 * `19.99` in the next for the same field.
 */
export function operators(standard: CelEnv, budget: Budget): CelFunc[] {
  const library = (name: string): Operator => {
    const group = standard.funcs.find(name)!;
    return (left, right) => {
      const result = group.call(0, undefined, [left, right]);
      if (result === undefined) throw noOperator(name, left, right);
      if (isCelError(result)) throw result;
      return result;
    };
  };
  const table: [string, Operator][] = [
    ["_==_", equality(true, library("_==_"), budget)],
    ["_!=_", equality(false, library("_!=_"), budget)],
    ...comparisons(library, budget),
    ["_+_", addition(library("_+_"), budget)],
    [
      "_-_",
      arithmetic(
        library("_-_"),
        (l, r) => l - r,
        (l, r) => l - r,
      ),
    ],
    [
      "_*_",
      arithmetic(
        library("_*_"),
        (l, r) => l * r,
        (l, r) => l * r,
      ),
    ],
    ["_/_", arithmetic(library("_/_"), undefined, (l, r) => l / r)],
    ["_%_", library("_%_")],
    ["@in", membership(library("@in"), budget)],
  ];
  return table.map(([name, apply]) => celFunc(operatorFor(name), [DYN, DYN], DYN, apply));
}

function noOperator(name: string, left: CelValue, right: CelValue): Error {
  const sign = name === "@in" ? "in" : name.slice(1, -1);
  return new Error(
    `there is no ${typeName(left)} ${sign} ${typeName(right)}; int(), double() and string() convert`,
  );
}

/** As messages name types: `int`, `timestamp`. */
export function typeName(value: CelValue): string {
  return celType(value).name.replace("google.protobuf.", "").toLowerCase();
}

/** Scalars are compared here, which is what nearly all comparisons are of; the rest costs its size. */
function equality(equal: boolean, library: Operator, budget: Budget): Operator {
  return (left, right) => {
    if (left === right) return equal;
    if (typeof left === typeof right && typeof left !== "object") return !equal;
    if (left === null || right === null) return !equal;
    chargeDeeply(left, budget);
    return library(left, right);
  };
}

/** Charges for all elements, those of elements included. */
function chargeDeeply(value: CelValue, budget: Budget): void {
  if (value instanceof Uint8Array) budget.chargeLength(value.length);
  else if (isCelList(value)) {
    budget.charge(value.size);
    for (const element of value) chargeDeeply(element, budget);
  } else if (isCelMap(value)) {
    budget.charge(value.size);
    for (const [, element] of value.entries()) chargeDeeply(element, budget);
  }
}

function comparisons(library: (name: string) => Operator, budget: Budget): [string, Operator][] {
  const comparison = (name: string, compare: <T>(left: T, right: T) => boolean) => {
    const otherwise = library(name);
    const operator: Operator = (left, right) => {
      if (typeof left === typeof right) {
        if (typeof left === "bigint" || typeof left === "number") return compare(left, right);
        if (typeof left === "string") {
          budget.chargeLength(left.length);
          return compare(left, right);
        }
      }
      if (left instanceof Uint8Array) budget.chargeLength(left.length);
      return otherwise(left, right);
    };
    return [name, operator] satisfies [string, Operator];
  };
  return [
    comparison("_<_", (left, right) => left < right),
    comparison("_<=_", (left, right) => left <= right),
    comparison("_>_", (left, right) => left > right),
    comparison("_>=_", (left, right) => left >= right),
  ];
}

function addition(library: Operator, budget: Budget): Operator {
  const numbers = arithmetic(
    library,
    (l, r) => l + r,
    (l, r) => l + r,
  );
  return (left, right) => {
    if (typeof left === "string" && typeof right === "string") {
      budget.chargeLength(left.length + right.length);
      return left + right;
    }
    if (isCelList(left) && isCelList(right)) return concatenated(left, right, budget);
    if (left instanceof Uint8Array && right instanceof Uint8Array) {
      budget.chargeLength(left.length + right.length);
    }
    return numbers(left, right);
  };
}

/** In one array: the library's lists of lists are slow to go through, and deep. */
function concatenated(left: CelList, right: CelList, budget: Budget): CelList {
  budget.charge(left.size + right.size);
  return celList([...left, ...right]);
}

/** @param ints what is done to ints, undefined where the library has more to say about them */
function arithmetic(
  library: Operator,
  ints: ((left: bigint, right: bigint) => bigint) | undefined,
  doubles: (left: number, right: number) => number,
): Operator {
  return (left, right) => {
    if (typeof left === "bigint" && typeof right === "bigint" && ints !== undefined) {
      return checkedInt(ints(left, right));
    }
    if (typeof left === "number") {
      if (typeof right === "number") return doubles(left, right);
      if (typeof right === "bigint") return doubles(left, exactDouble(right));
    }
    if (typeof left === "bigint" && typeof right === "number") {
      return doubles(exactDouble(left), right);
    }
    return library(left, right);
  };
}

function checkedInt(int: bigint): bigint {
  if (int <= MAX_INT && int >= MIN_INT) return int;
  throw new Error("the int has more than 64 bits");
}

/** @throws {Error} when the double nearest to an int is another number */
export function exactDouble(int: bigint): number {
  const double = Number(int);
  if (BigInt(double) === int) return double;
  throw new Error("an int is too large to be a double exactly; say double() if it may be rounded");
}

function membership(library: Operator, budget: Budget): Operator {
  return (element, list) => {
    if (!isCelList(list)) return library(element, list);
    budget.charge(list.size);
    if (typeof element === "string") return contains(list, element);
    if (typeof element === "object") {
      for (const other of list) chargeDeeply(other, budget);
    }
    return library(element, list);
  };
}

function contains(list: CelList, text: string): boolean {
  for (let i = 0; i < list.size; i++) if (list.get(i) === text) return true;
  return false;
}
