import { InvalidArgumentError } from "commander";

/** For commander: a whole number of at least 1, `1,000,000` and `1_000_000` included. */
export function positiveInteger(text: string): number {
  const value = Number(text.replaceAll(/[,_]/g, ""));
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  }
  return value;
}

/** For commander: a factor above 1. */
export function factor(text: string): number {
  const value = Number(text);
  if (!(value > 1)) throw new InvalidArgumentError("It must be a number above 1.");
  return value;
}

/** For commander: several of some names, separated by commas; `all` stands for all of them. */
export function oneOrMore<T extends string>(names: readonly T[]): (text: string) => T[] {
  return (text) => {
    const asked = text.split(",").map((part) => part.trim());
    if (asked.length === 1 && asked[0] === "all") return [...names];
    const unknown = asked.find((name) => !(names as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw new InvalidArgumentError(`"${unknown}" is none of ${names.join(", ")}.`);
    }
    return asked as T[];
  };
}
