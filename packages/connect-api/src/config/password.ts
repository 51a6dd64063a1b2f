import { inspect } from "node:util";

const HIDDEN = "[hidden]";

/** A secret of a configuration: however it is printed, it prints as hidden (I5). */
export class Password {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: hand it to the driver that needs it, keep it nowhere else. */
  value(): string {
    return this.#value;
  }

  equals(other: unknown): boolean {
    return other instanceof Password && other.#value === this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }
}

Object.defineProperty(Password.prototype, inspect.custom, { value: () => HIDDEN });
