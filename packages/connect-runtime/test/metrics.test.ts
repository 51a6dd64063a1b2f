import { ConnectClient, type Scrape } from "@millrace/services";
import { expect, test } from "vitest";
import { TaskMeasures } from "../src/task/measures.ts";
import { send } from "./support/send.ts";
import { startWorker, type WorkerUnderTest } from "./support/worker-under-test.ts";

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

const metricsOf = ({ url }: WorkerUnderTest): Promise<Scrape> => new ConnectClient(url).metrics();

/** A connector by the name of c, whose tasks run. */
async function withConnector(config: Record<string, string>, props: Record<string, string> = {}) {
  const worker = await startWorker(props);
  const answer = await send(worker.url, "PUT", "/connectors/c/config", config);
  expect(answer.status).toBe(201);
  await expect.poll(() => worker.threads.alive()).toEqual(["c", "c-0"]);
  return worker;
}

test("texts of connector, task, transformation and predicate are labels", async () => {
  const worker = await withConnector({
    ...SOURCE,
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    transforms: "h",
    "transforms.h.type": "org.apache.kafka.connect.transforms.HoistField$Key",
    "transforms.h.field": "f",
    "transforms.h.predicate": "p",
    predicates: "p",
    "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
  });
  const { series } = await metricsOf(worker);
  const plugin = "org.apache.kafka.connect";
  expect(series.filter((one) => /^kafka_connect_connector_\w+\{.*_class=/.test(one))).toEqual([
    `kafka_connect_connector_metrics{connector="c",status="running",connector_type="source",connector_class="${plugin}.file.FileStreamSourceConnector",connector_version="4.3.1"}`,
    `kafka_connect_connector_task_metrics{connector="c",task="0",status="running",connector_class="${plugin}.file.FileStreamSourceConnector",connector_type="source",connector_version="4.3.1",task_class="${plugin}.file.FileStreamSourceTask",task_version="4.3.1",key_converter_class="${plugin}.json.JsonConverter",key_converter_version="4.3.1",value_converter_class="${plugin}.storage.StringConverter",value_converter_version="4.3.1",header_converter_class="${plugin}.storage.SimpleHeaderConverter",header_converter_version="4.3.1"}`,
    `kafka_connect_connector_transform_metrics{connector="c",task="0",transform="h",transform_class="${plugin}.transforms.HoistField$Key",transform_version="4.3.1"}`,
    `kafka_connect_connector_predicate_metrics{connector="c",task="0",predicate="p",predicate_class="${plugin}.transforms.predicates.RecordIsTombstone",predicate_version="4.3.1"}`,
  ]);
});

test("series of a task are there until it is deleted, also when it has failed", async () => {
  const worker = await withConnector(SOURCE, { "metrics.context.site": "north" });
  const { spec, listener } = worker.threads.tasks[0]!;
  const measures = new TaskMeasures(spec.memory);
  measures.read += 3;
  measures.polled(3, 1.5);
  listener.onState("FAILED", "java.lang.Exception: it broke");
  const metrics = await metricsOf(worker);
  const task = '{site="north",connector="c",task="0"}';
  const source = (attribute: string) =>
    metrics.value(`kafka_connect_source_task_metrics_${attribute}${task}`);
  expect([
    source("source_record_poll_total"),
    source("source_record_active_count"),
    source("poll_batch_max_time_ms"),
  ]).toEqual([3, 3, 1.5]);
  // Nothing was written lately, and nothing put: an average of nothing is no series.
  expect(source("transaction_size_avg")).toBeUndefined();
  const counts = "kafka_connect_connect_worker_metrics_connector";
  expect(metrics.value(`${counts}_failed_task_count{site="north",connector="c"}`)).toBe(1);
  expect(metrics.value(`${counts}_running_task_count{site="north",connector="c"}`)).toBe(0);
  expect((await send(worker.url, "DELETE", "/connectors/c")).status).toBe(204);
  expect((await metricsOf(worker)).series.filter((one) => one.includes('connector="c"'))).toEqual(
    [],
  );
});

test.each([
  [undefined, 200],
  ["*/*", 200],
  ["application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5", 200],
  ["application/json", 406],
])("a client that accepts %s is answered with %i", async (accept, status) => {
  const { url } = await startWorker();
  const answer = await send(url, "GET", "/metrics", undefined, accept ? { Accept: accept } : {});
  expect(answer.status).toBe(status);
  if (status !== 200) return;
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.body).toMatch(
    /^# HELP kafka_connect_app_info .*\n# TYPE kafka_connect_app_info gauge\n/,
  );
});
