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

/** `malformed`: refused for its content, now and always; `fatal`: for any other reason. */
export type Outcome = "done" | "retry" | "malformed" | "fatal";

const VERSION_CONFLICT = "version_conflict_engine_exception";

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
  if (error.type === VERSION_CONFLICT) {
    // An update lost against another writer more often than retry_on_conflict. Otherwise
    // this record, or a newer one of the document, is there already.
    return operation.updates ? "retry" : "done";
  }
  if (isTransientStatus(status)) return "retry";
  return MALFORMED.has(error.type) ? "malformed" : "fatal";
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
