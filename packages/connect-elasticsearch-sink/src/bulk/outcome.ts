import { remedyFor } from "../client/remedies.ts";
import { describe, type Operation } from "./operation.ts";
import { isTransientStatus } from "../client/request-error.ts";

export interface ItemError {
  readonly type: string;
  readonly reason: string;
  readonly caused_by?: { readonly reason?: string };
}

/** What Elasticsearch answers for one operation of a bulk request. */
export interface ItemResult {
  readonly status: number;
  readonly error?: ItemError;
}

/**
 * `conflict`: a newer version of the document is there; `malformed`: refused for its
 * content, now and always; `fatal`: for any other reason.
 */
export type Outcome = "done" | "retry" | "conflict" | "malformed" | "fatal";

const VERSION_CONFLICT = "version_conflict_engine_exception";

/** The record was written before, and is delivered again. */
const SAME_VERSION = /current version \[(\d+)\] is higher or equal to the one provided \[\1\]/;

/** Java: `ElasticsearchClient.MALFORMED_DOC_ERRORS`. */
const MALFORMED: ReadonlySet<string> = new Set([
  "strict_dynamic_mapping_exception",
  "mapper_parsing_exception",
  "illegal_argument_exception",
  "action_request_validation_exception",
  "document_parsing_exception",
]);

export function outcomeOf(operation: Operation, { status, error }: ItemResult): Outcome {
  // A delete that finds nothing has status 404 and no error.
  if (error === undefined) return "done";
  if (error.type === VERSION_CONFLICT) return outcomeOfConflict(operation, error.reason);
  if (isTransientStatus(status)) return "retry";
  return MALFORMED.has(error.type) ? "malformed" : "fatal";
}

function outcomeOfConflict({ onConflict }: Operation, reason: string): Outcome {
  if (onConflict === "older") return SAME_VERSION.test(reason) ? "done" : "conflict";
  return onConflict === "repeated" ? "done" : "retry";
}

/** What went wrong with one operation, where, and what to do about it. */
export function describeFailure(operation: Operation, item: ItemResult): string {
  const { type, reason, caused_by: cause } = item.error ?? { type: "unknown", reason: "no reason" };
  const causeReason = cause?.reason;
  const why =
    causeReason === undefined || reason.includes(causeReason)
      ? reason
      : `${reason}: ${causeReason}`;
  return `Elasticsearch refused ${describe(operation)} with status ${item.status}: ${type}: ${why}${remedyFor(type, why)}`;
}
