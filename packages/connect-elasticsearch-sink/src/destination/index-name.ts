import { DataError } from "@millrace/connect-api";
import type { Naming } from "./naming.ts";
import type { Template } from "./template.ts";

const MAX_LENGTH = 255;
/** What Elasticsearch refuses in names; topics have none of it, values of records may. */
const FORBIDDEN = /[\\/*?"<>| ,#:]/;

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

/**
 * The names that a template gives, in lower case. One that Elasticsearch would refuse, or
 * that a record makes a hidden or system index (`.security`), is an error of the record.
 */
export function templateNaming(template: Template): Naming {
  return (record) => {
    const name = template.expand(record).toLowerCase();
    const problem = nameProblem(name, template);
    if (problem !== undefined) {
      throw new DataError(`${JSON.stringify(name)} cannot be the name of an index: it ${problem}`);
    }
    return name;
  };
}

function nameProblem(name: string, template: Template): string | undefined {
  if (Buffer.byteLength(name) > MAX_LENGTH) return `has more than ${MAX_LENGTH} bytes`;
  if (name === "" || name === "." || name === "..") return "has nothing that tells it from others";
  if (/^[-_+]/.test(name)) return "begins with -, _ or +";
  if (name.startsWith(".") && !template.lead.startsWith(".")) return "would be a hidden index";
  return FORBIDDEN.test(name) ? 'has one of \\ / * ? " < > | , # : or a space' : undefined;
}
