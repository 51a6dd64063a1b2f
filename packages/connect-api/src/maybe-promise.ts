/**
 * A value, or a promise of it. What runs once per record returns the plain value
 * wherever it can: the worker awaits only a real promise.
 */
export type MaybePromise<T> = T | Promise<T>;

/** True for a value that has to be awaited. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** All values, as a promise only where one of them is one. */
export function allOf<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return values.some((value) => isPromise(value))
    ? Promise.all(values.map((value) => Promise.resolve(value)))
    : (values as T[]);
}
