import { expect, test } from "vitest";
import { Partitioner } from "./partitioner.ts";

const always = () => true;

test("a key decides, whether it comes as text or as bytes", () => {
  const partitioner = new Partitioner(true);
  for (const key of ["foobar", "abc", "žluťoučký kůň", "", "x".repeat(5000)]) {
    const expected = partitioner.partition("t", Buffer.from(key), 7, always);
    expect(partitioner.partition("t", key, 7, always)).toBe(expected);
  }
  // toPositive(murmur2("foobar")) = -790332482 & 0x7fffffff
  expect(partitioner.partition("t", "foobar", 10, always)).toBe((-790_332_482 & 0x7fffffff) % 10);
});

test("records without a key stay until the batch is done", () => {
  const random = [0.1, 0.9];
  const partitioner = new Partitioner(true, () => random.shift() ?? 0);
  expect(partitioner.partition("t", null, 10, always)).toBe(1);
  expect(partitioner.partition("t", null, 10, always)).toBe(1);
  partitioner.batchDone("t", 5);
  partitioner.batchDone("other", 1);
  expect(partitioner.partition("t", null, 10, always)).toBe(1);
  partitioner.batchDone("t", 1);
  expect(partitioner.partition("t", null, 10, always)).toBe(9);
});

test("partitions without a leader are passed over while there is another", () => {
  const partitioner = new Partitioner(true, () => 0);
  expect(partitioner.partition("t", null, 4, (partition) => partition === 2)).toBe(2);
  partitioner.batchDone("t", 2);
  expect(partitioner.partition("t", null, 4, () => false)).toBeLessThan(4);
});

test("partitioner.ignore.keys treats every record as one without a key", () => {
  const partitioner = new Partitioner(false, () => 0.5);
  expect(partitioner.partition("t", "a", 10, always)).toBe(5);
  expect(partitioner.partition("t", "b", 10, always)).toBe(5);
});
