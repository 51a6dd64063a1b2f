import { AsyncLocalStorage } from "node:async_hooks";

/** Whose code is running in a thread: a unit's, or that of a plugin which is asked something. */
export interface UnitContext {
  readonly unit: number | undefined;
  /** For messages: `task sink-0`, `the validation of x.Y`. */
  readonly name: string;
}

const contexts = new AsyncLocalStorage<UnitContext>();

/**
 * Runs a unit's code. What it starts (promises, timers, sockets) stays known as its own,
 * so that whoever breaks something can be told from its neighbours.
 */
export function runAs<T>(context: UnitContext, run: () => T): T {
  return contexts.run(context, run);
}

/** Whose code is running now; undefined in the runtime's own. */
export function currentContext(): UnitContext | undefined {
  return contexts.getStore();
}

/** Under this symbol of the global object a thread that stands still is asked (`inspect.ts`). */
export const CONTEXT_KEY = "millrace.unit-context";

Object.defineProperty(globalThis, Symbol.for(CONTEXT_KEY), {
  value: currentContext,
  configurable: true,
});
