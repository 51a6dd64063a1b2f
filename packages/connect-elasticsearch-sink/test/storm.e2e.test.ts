import { sharedElasticsearch } from "@millrace/services";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { Random } from "./random.ts";
import { commitUntil, record, startElasticsearchSink } from "./sink.ts";

const STORM_MS = 5 * 60_000;
const PUT_RECORDS = 500;

test("a storm of 429s for five minutes loses nothing", async () => {
  const topic = uniqueName();
  const random = new Random(Date.now());
  await using proxy = await FaultProxy.start(await sharedElasticsearch());
  let turnedAway = 0;
  const end = Date.now() + STORM_MS;
  proxy.fault = () => {
    if (Date.now() > end || random.chance(0.1)) return undefined;
    turnedAway++;
    if (random.chance(0.5)) return { kind: "answer", status: 429 };
    const seed = random.below(2 ** 31);
    return { kind: "items", status: 429, pick: (i) => new Random(seed + i).chance(0.7) };
  };
  try {
    await using run = await startElasticsearchSink(topic, {
      "connection.url": proxy.url,
      "batch.size": "200",
      "max.retries": "1000000",
      "retry.backoff.ms": "1",
    });
    let offset = 0;
    while (Date.now() < end) {
      const from = offset;
      const records = Array.from({ length: PUT_RECORDS }, (_, i) =>
        record(topic, from + i, `k${from + i}`, { n: from + i }),
      );
      await run.put(records, STORM_MS);
      offset += PUT_RECORDS;
      await run.commit();
      await sleep(20);
    }
    await commitUntil(run, topic, offset, { timeoutMs: 120_000 });
    console.log({ records: offset, requests: proxy.bulks.length, turnedAway });
    expect(turnedAway).toBeGreaterThan(100);
    expect(run.reported).toEqual([]);
    const found = await documents(topic);
    expect(found.size).toBe(offset);
    for (const [id, source] of found) expect(source).toEqual({ n: Number(id.slice(1)) });
  } finally {
    await dropIndex(topic);
  }
});
