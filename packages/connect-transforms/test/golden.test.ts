import type { Predicate } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { CHANGES, OUTBOX } from "./change-inputs.ts";
import { INPUTS, MORE_INPUTS } from "./golden-inputs.ts";
import {
  comparableError,
  comparableRecord,
  describeRecord,
  type GoldenCase,
  type GoldenRecord,
  outcome,
  recording,
} from "./golden-recording.ts";
import { make, replay } from "./replay.ts";

describe("the inputs are those of the recorder", () => {
  for (const [name, inputs] of [
    ["transforms", INPUTS],
    ["more-transforms", MORE_INPUTS],
    ["extract-new-record-state", CHANGES],
    ["event-router", OUTBOX],
  ] as const) {
    const recorded = recording(name).find(({ type }) => type === "INPUTS")!.results!;
    test.for(Object.entries(recorded))(`%s of ${name}`, ([input, result]) => {
      const described = comparableRecord(describeRecord(inputs[input]!()));
      expect(described).toEqual(comparableRecord(result as Required<GoldenRecord>));
    });
  }
});

describe("what Java's transforms did", () => {
  replay("transforms", INPUTS);
});
describe("what Java's transforms did with more", () => {
  replay("more-transforms", { ...INPUTS, ...MORE_INPUTS });
});
describe("what Debezium 3.7 did", () => {
  replay("extract-new-record-state", CHANGES);
  replay("event-router", OUTBOX);
});

describe("what Java's predicates said", () => {
  type Recorded = GoldenCase & { readonly error?: never } & Readonly<Record<string, unknown>>;
  const { results } = recording("transforms").find(({ type }) => type === "PREDICATES")!;

  test.for(results as unknown as Recorded[])("$type $config", (recorded) => {
    const { type, config, error, ...answers } = recorded;
    const predicate = make<Predicate>(type);
    const refused = outcome(() => predicate.configure(config));
    expect(refused && comparableError(refused as never)).toEqual(error && comparableError(error));
    const said = Object.keys(answers).map((input) => [input, predicate.test(INPUTS[input]!())]);
    expect(Object.fromEntries(said)).toEqual(answers);
  });
});
