import { Kafka, logLevel } from "kafkajs";

/** Records in a topic so far; 0 while it does not exist. Asked with a client that is not Millrace's own. */
export class TopicCount implements AsyncDisposable {
  readonly #admin: ReturnType<Kafka["admin"]>;
  readonly #topic: string;

  private constructor(admin: ReturnType<Kafka["admin"]>, topic: string) {
    this.#admin = admin;
    this.#topic = topic;
  }

  static async open(bootstrapServers: string, topic: string): Promise<TopicCount> {
    const kafka = new Kafka({
      brokers: bootstrapServers.split(","),
      clientId: "demo",
      logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    return new TopicCount(admin, topic);
  }

  async read(): Promise<number> {
    if (!(await this.#admin.listTopics()).includes(this.#topic)) return 0;
    const partitions = await this.#admin.fetchTopicOffsets(this.#topic);
    return partitions.reduce((sum, { high }) => sum + Number(high), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

/** Documents in an index that a search would find; 0 while it does not exist, or has just been made. */
export async function countDocuments(elasticsearchUrl: string, index: string): Promise<number> {
  const response = await fetch(`${elasticsearchUrl}/${index}/_count`);
  // 503: the index was created, but its shard is not up yet.
  if (response.status === 404 || response.status === 503) return 0;
  if (!response.ok)
    throw new Error(
      `Elasticsearch answered ${response.status} to a count: ${await response.text()}`,
    );
  return ((await response.json()) as { count: number }).count;
}

/** Makes what was indexed so far visible to searches. */
export async function refresh(elasticsearchUrl: string, index: string): Promise<void> {
  await fetch(`${elasticsearchUrl}/${index}/_refresh`, { method: "POST" });
}

export interface Hit {
  readonly name: string;
  readonly country: string;
}

/** Full-text search in one field. */
export async function search(
  elasticsearchUrl: string,
  index: string,
  field: string,
  text: string,
): Promise<Hit[]> {
  const response = await fetch(`${elasticsearchUrl}/${index}/_search`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      size: 3,
      query: { match: { [field]: { query: text, operator: "and" } } },
    }),
  });
  if (!response.ok)
    throw new Error(
      `Elasticsearch answered ${response.status} to a search: ${await response.text()}`,
    );
  const { hits } = (await response.json()) as { hits: { hits: { _source: Hit }[] } };
  return hits.hits.map((hit) => hit._source);
}
