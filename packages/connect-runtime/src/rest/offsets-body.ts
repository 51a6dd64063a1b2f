import { BadRequestError } from "../herder/bad-request.ts";
import type { OffsetChange, OffsetFields } from "../herder/offset-change.ts";
import { exactValue, isObject, nameOf, objectBody } from "./json-body.ts";
import { RestError } from "./rest-error.ts";

const SHAPE = `{"offsets": [{"partition": {…}, "offset": {…}}]}`;

/**
 * The body that alters offsets (Java: `ConnectorOffsets`); a partition or an offset that is missing
 * is null.
 * @throws {RestError} 500 for anything of another shape
 * @throws {BadRequestError} when there are none
 */
export function offsetChanges(requestBody: unknown): OffsetChange[] {
  const { offsets = null } = objectBody(requestBody, SHAPE, ["offsets"]);
  if (offsets !== null && !Array.isArray(offsets)) {
    throw new RestError(
      500,
      `The request body has ${nameOf(offsets)} for "offsets": send ${SHAPE} instead`,
    );
  }
  const changes = (offsets ?? []).map((entry: unknown, index) => change(entry, index));
  if (changes.length > 0) return changes;
  throw new BadRequestError(
    "Partitions / offsets need to be provided for an alter offsets request",
  );
}

function change(entry: unknown, index: number): OffsetChange {
  if (!isObject(entry)) {
    throw new RestError(
      500,
      `The request body has ${nameOf(entry)} as entry ${index} of "offsets": send ${SHAPE} instead`,
    );
  }
  const unknown = Object.keys(entry).find((field) => !["partition", "offset"].includes(field));
  if (unknown !== undefined) {
    throw new RestError(
      500,
      `Unrecognized field "${unknown}" in entry ${index} of "offsets", known are: partition, offset`,
    );
  }
  return {
    partition: fields(entry["partition"], `"partition" of entry ${index}`),
    offset: fields(entry["offset"], `"offset" of entry ${index}`),
  };
}

function fields(value: unknown, what: string): OffsetFields | null {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) {
    throw new RestError(
      500,
      `The request body has ${nameOf(value)} as ${what} of "offsets": it must be an object or null`,
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, exactValue(field)]));
}
