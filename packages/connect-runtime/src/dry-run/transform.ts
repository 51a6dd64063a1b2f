import type { ConnectRecord } from "@millrace/connect-api";
import type { TransformChain } from "../record/transform-chain.ts";
import { failureOf } from "./record-failures.ts";
import { shownRecord } from "./shown-record.ts";
import type { SampledRecord } from "./steps.ts";

type Shown = Pick<SampledRecord, "outcome" | "failure" | "before" | "after">;

/**
 * Takes a record through the transformations.
 * @returns what is to be told of it, and the record behind them where there is one
 */
export async function transform(
  record: ConnectRecord,
  transforms: TransformChain,
): Promise<{ readonly shown: Shown; readonly record: ConnectRecord | null }> {
  const before = transforms.isEmpty ? {} : { before: shownRecord(record) };
  try {
    const changed = await transforms.apply(record);
    if (changed === null) return { shown: { outcome: "filtered", ...before }, record: null };
    const after = shownRecord(changed);
    return { shown: { outcome: "passed", ...before, after }, record: changed };
  } catch (error) {
    const failure = failureOf("TRANSFORMATION", transforms.className, error);
    return { shown: { outcome: "failed", failure, ...before }, record: null };
  }
}
