import { expect, test } from "vitest";
import { inJavaOrder, inJavaOrderOfCopy } from "./java-order.ts";

// As Kafka Connect 4.3.1 listed connectors, in the order in which they were made here.
test("a copied map has its own order", () => {
  const made =
    "src1,a/b,a%2Fc,ist-stopped,ist-paused,ist-running,src-short,src-short2,src2,failtask,badjson,smtfail";
  expect(inJavaOrderOfCopy(made.split(",")).join()).toBe(
    "a%2Fc,smtfail,failtask,ist-running,src-short,src-short2,a/b,badjson,src1,ist-stopped,ist-paused,src2",
  );
  const ten = `src1,src-cs,src-num,a b,a/b,ünï-✓,a%2Fc,pad,q"<>?#&,..`;
  expect(inJavaOrderOfCopy(ten.split(",")).join()).toBe(
    `q"<>?#&,..,a b,pad,src-num,a%2Fc,a/b,ünï-✓,src1,src-cs`,
  );
});

test("a map lists each key once, as many as there are", () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `k${i % 500}`);
  const listed = inJavaOrder(keys);
  expect(listed.toSorted()).toEqual([...new Set(keys)].toSorted());
  expect(inJavaOrder(["b", "a", "c"])).toEqual(["a", "b", "c"]);
});
