import { expect, test } from "vitest";
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

test("only promises are awaited", () => {
  const values: MaybePromise<unknown>[] = [Promise.resolve(1), 1, null, undefined, {}, "then"];
  expect(values.map((value) => isPromise(value))).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
