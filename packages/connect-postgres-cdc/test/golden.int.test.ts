import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Props, SourceRecord, Transformation } from "@millrace/connect-api";
import { JsonConverter, SimpleHeaderConverter } from "@millrace/connect-converters";
import { startSource, type SourceRun } from "@millrace/connect-testkit";
import { ExtractNewRecordState } from "@millrace/connect-transforms";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { type TestDatabase, testDatabase } from "./support.ts";

type Written = [key: string | null, value: string | null, headers: [string, string][]];

interface Group {
  readonly config: Props;
  readonly topics: Readonly<Record<string, Written[]>>;
}

const folder = join(import.meta.dirname, "golden");
const readJson = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, name), "utf8"));
const { groups } = (await readJson("debezium.json")) as { groups: Record<string, Group> };
const sql = (await readJson("sql.json")) as string[];
/** The last statement before the connectors were started. */
const beginning = sql.findIndex((text) => text.startsWith("create table debezium_signal"));

let database: TestDatabase;
const written = new Map<string, Map<string, Written[]>>();

beforeAll(async () => {
  database = await testDatabase();
  for (const text of sql.slice(0, beginning + 1)) await database.sql(text);
  const running = await Promise.all(
    Object.entries(groups).map(([name, group]) => run(name, group)),
  );
  await Promise.all(running.map(({ snapshotEnded }) => snapshotEnded));
  for (const text of sql.slice(beginning + 1)) {
    // Refused, as it was then: the table has no replica identity.
    const refused = text.startsWith("update nopk ") ? /replica identity/ : undefined;
    await database.sql(text).catch((error: Error) => {
      if (refused?.test(error.message) !== true) throw error;
    });
  }
  await vi.waitUntil(
    () =>
      Object.entries(groups).every(([name, { topics }]) => {
        const wanted = incrementalRows(Object.values(topics).flat());
        return incrementalRows([...written.get(name)!.values()].flat()) === wanted;
      }),
    30_000,
  );
  await database.sql("select pg_logical_emit_message(true, 'end', '')");
  await Promise.all(running.map(({ ended }) => ended));
  for (const { source } of running) await source.stop();
});

afterAll(() => database[Symbol.asyncDispose]());

/** How many rows come from the incremental snapshot that the last statement asks for. */
function incrementalRows(list: readonly Written[]): number {
  return list.filter(([, value]) => /"snapshot":"incremental"|"__lsn":null/.test(value ?? ""))
    .length;
}

interface Running {
  readonly source: SourceRun;
  readonly snapshotEnded: Promise<void>;
  readonly ended: Promise<void>;
}

/** Runs a connector as it was recorded, and collects what it writes until the last message. */
async function run(name: string, { config }: Group): Promise<Running> {
  const props = {
    ...config,
    ...database.props,
    "topic.prefix": name,
    "slot.name": `${name}_${database.name}`,
  };
  const source = await startSource(PostgresConnector, props);
  const topics = new Map<string, Written[]>();
  written.set(name, topics);
  const write = writer(config);
  let snapshotHasEnded = () => {};
  let snapshotHasFailed = (_error: unknown) => {};
  const snapshotEnded = new Promise<void>((resolve, reject) => {
    snapshotHasEnded = resolve;
    snapshotHasFailed = reject;
  });
  const take = async () => {
    for (;;) {
      for (const record of await source.take(1, 60_000)) {
        if (isLastOfSnapshot(record)) snapshotHasEnded();
        if (isEnd(record)) return;
        for (const one of write(record)) {
          const known = topics.get(record.topic) ?? [];
          known.push(one);
          topics.set(record.topic, known);
        }
      }
    }
  };
  const ended = take();
  ended.catch((error: unknown) => snapshotHasFailed(error));
  return { source, snapshotEnded, ended };
}

function isLastOfSnapshot({ sourceOffset }: SourceRecord): boolean {
  return sourceOffset?.["last_snapshot_record"] === true;
}

function isEnd({ topic, key }: SourceRecord): boolean {
  return topic.endsWith(".message") && JSON.stringify(key).includes('"end"');
}

/** Transforms and converts as the configuration says. */
function writer(config: Props): (record: SourceRecord) => Written[] {
  const converters = ["key", "value"].map((which) => {
    const converter = new JsonConverter();
    const schemas = config[`${which}.converter.schemas.enable`]!;
    converter.configure({ "schemas.enable": schemas }, which === "key");
    return converter;
  });
  const headerConverter = new SimpleHeaderConverter();
  const transform = transformOf(config);
  return (original) => {
    const record = transform === undefined ? original : transform.apply(original);
    if (record === null || record instanceof Promise) return [];
    const [key, value] = converters.map((converter, i) =>
      i === 0
        ? converter.fromConnectData(record.topic, [], record.keySchema, record.key)
        : converter.fromConnectData(record.topic, [], record.valueSchema, record.value),
    );
    const headers = [...record.headers].map((header): [string, string] => [
      header.key,
      headerConverter.fromConnectHeader("", header.key, header.schema, header.value) ?? "",
    ]);
    return [[key ?? null, value ?? null, headers]];
  };
}

function transformOf(config: Props): Transformation | undefined {
  if (config["transforms"] === undefined) return undefined;
  const transform = new ExtractNewRecordState();
  const prefix = "transforms.u.";
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  transform.configure(Object.fromEntries(own.map(([key, v]) => [key.slice(prefix.length), v])));
  return transform;
}

/** Replaces what differs between two runs of the same statements: times, positions, random defaults. */
function normal(text: string | null): string | null {
  if (text === null) return null;
  return text
    .replaceAll(/"version":"[^"]*","connector"/g, '"version":"V","connector"')
    .replaceAll(/"db":"[^"]*"/g, '"db":"gold"')
    .replaceAll(/"(ts_ms|ts_us|ts_ns|__source_ts_ms)":\d+/g, '"$1":0')
    .replaceAll(/"(txId|lsn|__lsn)":\d+/g, '"$1":1')
    .replaceAll(/\\"\d+\\"([,\]])/g, '\\"1\\"$1')
    .replaceAll(/"id":"\d+:\d+"/g, '"id":"1:1"')
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}-(open|close)/g, "mark-$2")
    .replaceAll(/(WindowTimestamp\\?": \\?\\?\\?")[\dT:.-]+\.\d{9}Z/g, "$1time")
    .replaceAll(/"d_now":"20[^"]*"/g, '"d_now":"now"')
    .replaceAll(/"d_uuid":"[^"]*-4[^"]*"/g, '"d_uuid":"random"')
    .replaceAll(/"data_collection":"(message|io\.debezium[^"]*)"/g, '"data_collection":"message"');
}

/** A UUID of version 7. */
const RUN_ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

function normalised([key, value, headers]: Written) {
  const shown = headers.map(([name, text]) => {
    if (name === "__debezium.context.runId") return [name, text.replace(RUN_ID, "id")];
    return [name, name === "__db" ? "gold" : text];
  });
  return { key: normal(key), value: normal(value), headers: shown };
}

describe.each(Object.entries(groups))("%s", (name, { topics }) => {
  test("writes to the recorded topics", () => {
    const wanted = Object.keys(topics);
    const found = [...written.get(name)!.keys()];
    expect(found.filter((topic) => !wanted.includes(topic))).toEqual([]);
  });

  const isHeartbeat = (topic: string) => topic.startsWith("__debezium-heartbeat");

  test.each(Object.keys(topics).filter(isHeartbeat))("%s", (topic) => {
    const wanted = normalised(topics[topic]![0]!);
    for (const one of written.get(name)!.get(topic) ?? []) expect(normalised(one)).toEqual(wanted);
  });

  /** Marks of incremental snapshots: six connectors wrote them when it was recorded. */
  const isMark = ([key, value]: Written) =>
    /-(open|close)"/.test(key ?? "") ||
    /"data_collection":"public.debezium_signal"/.test(value ?? "");
  const others = Object.keys(topics).filter((topic) => !isHeartbeat(topic));

  test.each(others)("%s", (topic) => {
    const of = (list: readonly Written[]) => list.filter((one) => !isMark(one)).map(normalised);
    const found = of(written.get(name)!.get(topic) ?? []);
    const wanted = of(topics[topic]!);
    // There the begin of each transaction of marks is left.
    expect(found).toEqual(topic.endsWith(".transaction") ? wanted.slice(0, found.length) : wanted);
  });

  test.each(others)("%s, marks of incremental snapshots", (topic) => {
    const of = (list: readonly Written[]) =>
      new Set(list.filter(isMark).map((one) => JSON.stringify(normalised(one))));
    expect(of(written.get(name)!.get(topic) ?? [])).toEqual(of(topics[topic]!));
  });
});
