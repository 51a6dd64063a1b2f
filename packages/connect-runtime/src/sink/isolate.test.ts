import { ConnectError, RetriableError, SinkRecord } from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isolate } from "./isolate.ts";

const records = (count: number) =>
  Array.from(
    { length: count },
    (_, kafkaOffset) => new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset }),
  );
const offsets = (all: readonly SinkRecord[]) => all.map(({ kafkaOffset }) => kafkaOffset);

it("takes out the guilty records and no others, in order, in few calls", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.uniqueArray(fc.nat(299), { minLength: 1, maxLength: 6 }),
      async (count, bad) => {
        const guilty = new Set(bad.map((n) => n % count));
        const taken: number[] = [];
        const given: number[] = [];
        let calls = 0;
        const left = await isolate(records(count), new ConnectError("first"), {
          put: async (part) => {
            calls++;
            if (offsets(part).some((n) => guilty.has(n))) throw new ConnectError("guilty");
            taken.push(...offsets(part));
          },
          giveUp: async ({ kafkaOffset }) => void given.push(kafkaOffset),
          isStopping: () => false,
        });
        expect(left).toBeUndefined();
        const all = offsets(records(count));
        expect(taken).toEqual(all.filter((n) => !guilty.has(n)));
        expect(given).toEqual(all.filter((n) => guilty.has(n)));
        expect(calls).toBeLessThanOrEqual(2 * guilty.size * Math.ceil(Math.log2(count) + 1));
      },
    ),
  );
});

it("reports each with the error it was refused with by itself", async () => {
  const errors: string[] = [];
  await isolate(records(4), new ConnectError("all"), {
    put: async (part) => {
      if (offsets(part).includes(2)) throw new ConnectError(`refused ${offsets(part).join()}`);
    },
    giveUp: async (_, error) => void errors.push((error as Error).message),
    isStopping: () => false,
  });
  expect(errors).toEqual(["refused 2"]);
});

it.each([
  ["a retriable error", new RetriableError("busy"), false],
  ["a stop", new ConnectError("interrupted"), true],
])("leaves off at %s, and says what is left", async (_, error, stopping) => {
  const taken: number[] = [];
  const left = await isolate(records(8), new ConnectError("all"), {
    put: async (part) => {
      if (offsets(part).includes(5)) throw error;
      if (offsets(part).includes(1)) throw new ConnectError("guilty");
      taken.push(...offsets(part));
    },
    giveUp: async () => {},
    isStopping: () => stopping && taken.length === 3,
  });
  expect(taken).toEqual([0, 2, 3]);
  expect(offsets(left!.records)).toEqual([4, 5, 6, 7]);
  expect(left!.error).toBe(error);
});
