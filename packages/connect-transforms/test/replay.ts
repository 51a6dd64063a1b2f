import type { ConnectRecord, Predicate, Transformation } from "@millrace/connect-api";
import { expect, test } from "vitest";
import * as transforms from "../src/index.ts";
import { difference } from "./differences.ts";
import {
  comparableError,
  comparableRecord,
  describeRecord,
  type GoldenCase,
  type GoldenResult,
  isError,
  outcome,
  recording,
} from "./golden-recording.ts";

/** Records by the recorder's names for them. */
export type Inputs = Readonly<Record<string, () => ConnectRecord>>;

const CLASSES = new Map<string, new () => unknown>(Object.entries(transforms));

/** Makes a plugin by its Java name; `Cast$Value` is exported as `CastValue`. */
export function make<P extends Transformation | Predicate>(name: string): P {
  const PluginClass = CLASSES.get(name.replace(/^.*\./, "").replace("$", ""))!;
  return new PluginClass() as P;
}

/** What we do with an input, in the form of the recordings, parts that are as before included. */
function apply(transformation: Transformation, record: ConnectRecord): unknown {
  const result = outcome(() => {
    const transformed = transformation.apply(record);
    if (transformed === null) return { dropped: true };
    return comparableRecord(describeRecord(transformed as ConnectRecord));
  });
  return isError(result as object) ? comparableError(result as never) : result;
}

function expected(recorded: GoldenResult, record: ConnectRecord): unknown {
  if (isError(recorded)) return comparableError(recorded);
  if ("dropped" in recorded) return recorded;
  const before = describeRecord(record);
  const changes = "same_record" in recorded ? {} : recorded;
  return comparableRecord({ ...before, ...changes });
}

/** Replays all cases of a recording, each with all of its inputs. */
export function replay(name: string, inputs: Inputs): void {
  const cases = recording(name).filter(({ type }) => type.includes("."));
  test.for(cases)("$type $config", (recorded: GoldenCase) => {
    const transformation = make<Transformation>(recorded.type);
    const refused = outcome(() => transformation.configure(recorded.config));
    if (difference(recorded) !== undefined) return;
    const configured = recorded.configure && comparableError(recorded.configure);
    expect(refused && comparableError(refused as never)).toEqual(configured);
    for (const [input, result] of Object.entries(recorded.results ?? {})) {
      if (difference(recorded, input, result) !== undefined) continue;
      expect({ [input]: apply(transformation, inputs[input]!()) }).toEqual({
        [input]: expected(result, inputs[input]!()),
      });
    }
  });
}
