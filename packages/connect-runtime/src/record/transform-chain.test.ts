import {
  ConnectError,
  type ConnectRecord,
  RetriableError,
  SourceRecord,
} from "@millrace/connect-api";
import { expect, it } from "vitest";
import { TransformChain } from "./transform-chain.ts";

const record = new SourceRecord({
  topic: "t",
  value: "",
  sourcePartition: {},
  sourceOffset: null,
});

/** Each appends its name to the value, and counts how often it did. */
function setUp(behaviours: Readonly<Record<string, (record: ConnectRecord) => unknown>>) {
  const applied: string[] = [];
  const steps = Object.entries(behaviours).map(([className, behave]) => ({
    transformation: {
      config: () => ({}),
      configure() {},
      apply: (one: ConnectRecord) => {
        applied.push(className);
        behave(one);
        return one.newRecord({ value: `${String(one.value)}${className}` });
      },
    },
    predicate: undefined,
    negate: false,
    className,
  }));
  return { chain: new TransformChain(steps), applied };
}

const fine = () => {};

it("knows who is at work, and repeats only that step", () => {
  let isAway = true;
  const { chain, applied } = setUp({
    A: fine,
    B: () => {
      if (isAway) throw new RetriableError("registry away");
    },
    C: fine,
  });
  expect(() => chain.apply(record)).toThrow("registry away");
  expect(chain.className).toBe("B");
  expect(() => chain.resume()).toThrow("registry away");
  isAway = false;
  expect(chain.resume()).toMatchObject({ value: "ABC" });
  expect(applied).toEqual(["A", "B", "B", "B", "C"]);
});

it("does so also where a step answers later", async () => {
  const { chain } = setUp({ A: fine, B: fine });
  const late = {
    config: () => ({}),
    configure() {},
    apply: async () => {
      throw new ConnectError("late");
    },
  };
  const mixed = new TransformChain([
    { transformation: late, predicate: undefined, negate: false, className: "Late" },
    { transformation: late, predicate: undefined, negate: false, className: "Never" },
  ]);
  await expect(mixed.apply(record)).rejects.toThrow("late");
  expect(mixed.className).toBe("Late");
  expect(chain.apply(record)).toMatchObject({ value: "AB" });
});

it("has nobody at work when it is empty", () => {
  const chain = new TransformChain([]);
  expect([chain.isEmpty, chain.className, chain.apply(record)]).toEqual([true, "", record]);
});
