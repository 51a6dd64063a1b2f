import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Transport, UndiciConnection, WeightedConnectionPool } from "@elastic/transport";
import { startElasticsearch } from "@millrace/services";
import { startBroker } from "../harness/broker.ts";
import { fileSource } from "../harness/connectors.ts";
import { PACKAGES } from "../harness/places.ts";
import { countRecords, createTopic } from "../harness/topics.ts";
import { until } from "../harness/until.ts";
import { startWorker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 1_000_000;
const TOPIC = "documents";
const DOCUMENT_BYTES = 1000;
/** What both are set to: the sink's defaults, but for the time that an answer may take. */
const BATCH_RECORDS = 2000;
const IN_FLIGHT = 5;
const READ_TIMEOUT_MS = 60_000;
const TEXT = "the quick brown fox jumps over the lazy dog ";

/** The same documents by the sink, out of Kafka, and by a loop that does nothing but send them. */
export const elasticsearchSink: Scenario = {
  name: "elasticsearch-sink",
  summary: "documents of 1 KB into Elasticsearch, beside a bare loop of bulk requests",
  async run(context) {
    const { reps, say, report } = context;
    await using kafka = await startBroker();
    await fill(context, kafka.bootstrapServers);
    const rates: Record<"bare" | "sink", number[]> = { bare: [], sink: [] };
    for (let rep = 1; rep <= reps; rep++) {
      for (const way of ["bare", "sink"] as const) {
        await using elasticsearch = await startElasticsearch({ heapMb: 1024 });
        const { url } = elasticsearch;
        const rate = await (way === "bare"
          ? bareLoop(context, url)
          : sink(context, url, kafka.bootstrapServers));
        rates[way].push(rate);
        say(`${way} #${rep}: ${formatNumber(rate, 0)} documents/s`);
      }
    }
    const medians = { bare: spreadOf(rates.bare).median, sink: spreadOf(rates.sink).median };
    report({ figure: "bare loop", value: medians.bare, digits: 0, unit: "documents/s" });
    report({ figure: "sink", value: medians.sink, digits: 0, unit: "documents/s" });
    const bar = "rate ÷ bare loop's";
    report({ figure: bar, value: medians.sink / medians.bare, digits: 2, unit: "", bar });
  },
};

/** One document, of about a kilobyte. */
function documentOf(number: number): string {
  const text = TEXT.repeat(Math.ceil(DOCUMENT_BYTES / TEXT.length));
  const head = `{"number":${number},"name":"document ${number}","text":"`;
  return `${head}${text.slice(0, DOCUMENT_BYTES - head.length - 2)}"}`;
}

async function fill(
  { peer, records = RECORDS, workFolder }: ScenarioContext,
  bootstrapServers: string,
): Promise<void> {
  const file = join(workFolder, "documents.txt");
  const stream = createWriteStream(file);
  for (let from = 0; from < records; from += BATCH_RECORDS) {
    const lines = Array.from({ length: Math.min(BATCH_RECORDS, records - from) }, (_, i) =>
      documentOf(from + i),
    );
    if (!stream.write(`${lines.join("\n")}\n`)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
  await createTopic(bootstrapServers, TOPIC);
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers,
    pluginPath: [PACKAGES],
  });
  await worker.client.create("fill", fileSource(file, TOPIC));
  await until("the topic is filled", async () => {
    await worker.client.throwIfFailed("fill");
    return ((await countRecords(bootstrapServers, TOPIC)) ?? 0) >= records;
  });
}

async function sink(
  { peer, records = RECORDS }: ScenarioContext,
  url: string,
  bootstrapServers: string,
): Promise<number> {
  await makeIndex(url);
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers,
    pluginPath: [PACKAGES],
  });
  await worker.client.create("sink", {
    "connector.class": "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector",
    "tasks.max": "1",
    topics: TOPIC,
    "connection.url": url,
    "key.ignore": "true",
    "schema.ignore": "true",
    "read.timeout.ms": String(READ_TIMEOUT_MS),
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
  });
  return await rateOf(url, records, () => worker.client.throwIfFailed("sink"));
}

/** Bodies are made beforehand, a few at a time, so that the loop waits for nothing but answers. */
async function bareLoop({ records = RECORDS }: ScenarioContext, url: string): Promise<number> {
  await makeIndex(url);
  const connectionPool = new WeightedConnectionPool({ Connection: UndiciConnection });
  connectionPool.addConnection({ url: new URL(url), timeout: READ_TIMEOUT_MS });
  const transport = new Transport({
    connectionPool,
    maxRetries: 0,
    requestTimeout: READ_TIMEOUT_MS,
  });
  let next = 0;
  const lane = async () => {
    while (next < records) {
      const from = next;
      next = Math.min(records, from + BATCH_RECORDS);
      await transport.request({
        method: "POST",
        path: "/_bulk",
        querystring: "filter_path=errors",
        bulkBody: bodyOf(from, next),
      });
    }
  };
  const sent = Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const rate = await rateOf(url, records, async () => {});
  await sent;
  await connectionPool.empty();
  return rate;
}

function bodyOf(from: number, to: number): Buffer {
  let text = "";
  for (let i = from; i < to; i++) {
    text += `{"index":{"_index":"${TOPIC}","_id":"${TOPIC}+0+${i}"}}\n${documentOf(i)}\n`;
  }
  return Buffer.from(text);
}

async function makeIndex(url: string): Promise<void> {
  const response = await fetch(`${url}/${TOPIC}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ settings: { number_of_shards: 1, number_of_replicas: 0 } }),
  });
  if (!response.ok) throw new Error(`Creating the index: ${await response.text()}`);
}

/**
 * Documents per second between the first and the last of them, as the server counts them.
 * @param check throws when nothing more is to be expected
 */
async function rateOf(url: string, records: number, check: () => Promise<void>): Promise<number> {
  let first: { count: number; at: number } | undefined;
  for (;;) {
    const at = performance.now();
    const count = await indexed(url);
    if (count > 0) first ??= { count, at };
    if (first !== undefined && count >= records) {
      return ((count - first.count) * 1000) / (at - first.at);
    }
    await check();
    await sleep(100);
  }
}

async function indexed(url: string): Promise<number> {
  const response = await fetch(`${url}/${TOPIC}/_stats/indexing`);
  const { _all } = (await response.json()) as {
    _all: { primaries: { indexing?: { index_total: number } } };
  };
  return _all.primaries.indexing?.index_total ?? 0;
}
