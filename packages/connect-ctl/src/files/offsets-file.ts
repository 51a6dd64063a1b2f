import type { Offset } from "../client/answers.ts";
import { parseExactJson } from "../client/json.ts";
import { UsageError } from "../exit-codes.ts";

const SHAPE = `{"offsets": [{"partition": {…}, "offset": {…}}]}`;

/**
 * Reads offsets as the REST API shows them, or the list alone.
 * @throws {UsageError} naming the file and what is wrong with it
 */
export function parseOffsets(file: string, text: string): Offset[] {
  let json: unknown;
  try {
    json = parseExactJson(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const list: unknown = isMap(json) ? json["offsets"] : json;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isOffset)) {
    throw new UsageError(`${file}: write ${SHAPE}, with null for an offset to forget`);
  }
  return list;
}

/**
 * A sink's offset as `topic:partition=offset`. Topics may have neither `:` nor `=`.
 * @throws {UsageError} saying how it is written
 */
export function sinkOffset(text: string): Offset {
  const match = /^([^:=]+):(\d+)=(\d+|null)$/.exec(text);
  if (match === null) {
    throw new UsageError(`${text} is not an offset of a sink: write topic:partition=offset`);
  }
  const [, topic, partition, offset] = match as unknown as [string, string, string, string];
  return {
    partition: { kafka_topic: topic, kafka_partition: parseExactJson(partition) },
    offset: offset === "null" ? null : { kafka_offset: parseExactJson(offset) },
  };
}

function isOffset(value: unknown): value is Offset {
  return isMap(value) && isMap(value["partition"]) && Object.hasOwn(value, "offset");
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
