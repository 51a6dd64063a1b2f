import { DataError } from "@millrace/connect-api";

const MAX_LENGTH = 255;

/**
 * The index that a topic's documents go to (Java:
 * `ElasticsearchSinkTask.convertTopicToIndexName`).
 * @throws {DataError} when nothing is left of the topic's name
 */
export function indexName(topic: string): string {
  const lower = topic.toLowerCase().slice(0, MAX_LENGTH);
  const index = /^[-_]/.test(lower) ? lower.slice(1) : lower;
  if (index === "") {
    throw new DataError(
      `Topic ${topic} gives no valid index name: rename it with a RegexRouter transform`,
    );
  }
  return index === "." || index === ".." ? index.replaceAll(".", "dot") : index;
}
