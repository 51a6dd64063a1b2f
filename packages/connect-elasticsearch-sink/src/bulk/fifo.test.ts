import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("keeps order over many pushes and shifts", () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 37; i++) fifo.push(next++);
    for (let i = 0; i < 30; i++) expect(fifo.shift()).toBe(expected++);
    expect(fifo.length).toBe(next - expected);
  }
  while (fifo.length > 0) expect(fifo.shift()).toBe(expected++);
  expect(expected).toBe(next);
  expect(fifo.shift()).toBeUndefined();
});

test("removes what a predicate holds for and keeps the order of the rest", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 10; i++) fifo.push(i);
  fifo.shift();
  expect(fifo.remove((n) => n % 2 === 0)).toEqual([2, 4, 6, 8]);
  expect([fifo.shift(), fifo.peek(), fifo.length]).toEqual([1, 3, 4]);
});
