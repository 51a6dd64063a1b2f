import { expect, test } from "vitest";
import { hashMapOrder } from "./java-order.ts";

test("as recorded from Debezium", () => {
  expect(hashMapOrder(["public.customers", "public.trunc"])).toEqual([
    "public.trunc",
    "public.customers",
  ]);
  expect(hashMapOrder(["public.customers_full", "public.twokeys"])).toEqual([
    "public.customers_full",
    "public.twokeys",
  ]);
});
