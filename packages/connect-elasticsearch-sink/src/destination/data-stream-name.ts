/** What an operator's part of a data stream's name may not hold. */
const FORBIDDEN = /[\\/*?"<>|,#:\- ]/;
const MAX_PART = 100;
/** Stands for the topic in `data.stream.namespace`. */
const TOPIC = "${topic}";

/**
 * The data stream of a topic: type, dataset and namespace (Java:
 * `ElasticsearchSinkTask.convertTopicToDataStreamName`).
 */
export function dataStreamName(
  { type, dataset, namespace }: { type: string; dataset: string; namespace: string },
  topic: string,
): string {
  const last = namespace.replaceAll(TOPIC, topic.toLowerCase()).slice(0, MAX_PART);
  return `${type}-${dataset}-${last}`;
}

/** @returns what is wrong with a dataset or namespace, or undefined */
export function dataStreamPartProblem(part: string): string | undefined {
  if (part.length > MAX_PART) return `must have at most ${MAX_PART} characters`;
  const own = part.replaceAll(TOPIC, "");
  if (own !== own.toLowerCase()) return "must be in lower case";
  return FORBIDDEN.test(own)
    ? 'must not have any of \\ / * ? " < > | , # : - or a space'
    : undefined;
}
