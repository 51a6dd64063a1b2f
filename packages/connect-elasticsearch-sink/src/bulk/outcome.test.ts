import { expect, test } from "vitest";
import { operation } from "../../test/operations.ts";
import { describeFailure, outcomeOf } from "./outcome.ts";

const failed = (status: number, type: string, reason = "why") => ({
  status,
  error: { type, reason },
});

test.each([
  ["created", { status: 201 }, "done"],
  ["nothing to delete", { status: 404 }, "done"],
  ["rejected", failed(429, "es_rejected_execution_exception"), "retry"],
  ["flood stage", failed(429, "cluster_block_exception"), "retry"],
  ["shard away", failed(503, "unavailable_shards_exception"), "retry"],
  ["node closed", failed(500, "node_closed_exception"), "retry"],
  ["malformed", failed(400, "document_parsing_exception"), "malformed"],
  ["strict mapping", failed(400, "strict_dynamic_mapping_exception"), "malformed"],
  ["write block", failed(403, "cluster_block_exception"), "fatal"],
  ["index closed", failed(400, "index_closed_exception"), "fatal"],
] as const)("%s", (_name, item, outcome) => {
  expect(outcomeOf(operation("a", 1), item)).toBe(outcome);
});

test.each([
  ["older", "current version [7] is higher or equal to the one provided [3]", "conflict"],
  ["older", "current version [7] is higher or equal to the one provided [7]", "done"],
  ["older", "current version [77] is higher or equal to the one provided [7]", "conflict"],
  ["older", "document already exists (current version [1])", "conflict"],
  ["repeated", "document already exists (current version [1])", "done"],
  ["retry", "current version [7] is different than the one provided [3]", "retry"],
] as const)("a version conflict of what is %s: %s", (onConflict, reason, outcome) => {
  const conflict = failed(
    409,
    "version_conflict_engine_exception",
    `[k]: version conflict, ${reason}`,
  );
  expect(outcomeOf(operation("a", 1, { onConflict }), conflict)).toBe(outcome);
});

test("a failure is told with record, document, cause and remedy", () => {
  const item = {
    status: 400,
    error: {
      type: "document_parsing_exception",
      reason: "failed to parse",
      caused_by: { reason: "Limit of total fields [1000] has been exceeded" },
    },
  };
  expect(describeFailure(operation("k1", 42), item)).toBe(
    'Elasticsearch refused record t-0@42 (document "k1" of index i) with status 400: document_parsing_exception: failed to parse: Limit of total fields [1000] has been exceeded; raise index.mapping.total_fields.limit of the index, or leave out fields with a ReplaceField transform',
  );
});
