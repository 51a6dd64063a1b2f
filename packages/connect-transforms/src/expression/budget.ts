/** Elements of lists and maps that one evaluation may visit. */
export const MAX_STEPS = 200_000;

const TOO_MANY = "too many steps";

/** Characters, or bytes, that count as one step where a function walks through them. */
const PER_STEP = 256;

/**
 * What one evaluation may cost. CEL has no loops but those over lists and maps, and they
 * end; nested ones over long lists would hold a thread for hours all the same, and so
 * would a function that walks through a long text in each round. Everything whose cost
 * grows with the data is charged before it is done.
 *
 * One budget serves all expressions of a thread: evaluation is synchronous and never nested.
 */
export class Budget {
  #left = MAX_STEPS;

  /** Called before each evaluation. */
  renew(): void {
    this.#left = MAX_STEPS;
  }

  /** True once too much was asked for, whatever the expression made of the error. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** @throws {Error} once the budget is exhausted */
  assertLeft(): true {
    if (this.#left < 0) throw new Error(TOO_MANY);
    return true;
  }

  /** @throws {Error} when that is more than is left, also of everything after it */
  charge(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new Error(TOO_MANY);
  }

  /** Charges for walking through a text or bytes. @throws {Error} as `charge` */
  chargeLength(length: number): void {
    if (length >= PER_STEP) this.charge(Math.floor(length / PER_STEP));
  }
}
