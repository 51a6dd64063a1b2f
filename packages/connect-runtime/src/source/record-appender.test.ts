import {
  type ConnectRecord,
  type Converter,
  DataError,
  type Encoded,
  type HeaderConverter,
  type Logger,
  type MaybePromise,
  RetriableError,
  SourceRecord,
} from "@millrace/connect-api";
import type { ProduceGroup } from "@millrace/kafka-client";
import { beforeEach, describe, expect, it } from "vitest";
import { toleranceFor } from "../../test/support/failed-records.ts";
import { Interrupted } from "../errors/interrupted.ts";
import { TransformChain } from "../record/transform-chain.ts";
import { RecordAppender } from "./record-appender.ts";
import type { Topics } from "./topics.ts";

type Row = [
  topic: string,
  partition: number,
  timestampMs: number,
  key: Encoded,
  value: Encoded,
  headers: string,
];

const logged: string[] = [];
const write = (message: string) => void logged.push(message);
const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };

/** Writes text; what it does with a value can be set per test. */
class TextConverter implements Converter, HeaderConverter {
  convert: (value: unknown) => MaybePromise<Encoded> = (value) => value as Encoded;
  config = () => ({});
  configure() {}
  fromConnectData = (_t: string, _h: unknown, _s: unknown, value: unknown) => this.convert(value);
  toConnectData = (): never => expect.fail("a source does not read");
  fromConnectHeader = (_t: string, _k: string, _s: unknown, value: unknown) => this.convert(value);
  toConnectHeader = (): never => expect.fail("a source does not read");
}

let rows: Row[];
let value: TextConverter;
let header: TextConverter;
let ready: Set<string>;
let group: ProduceGroup;

beforeEach(() => {
  rows = [];
  logged.length = 0;
  value = new TextConverter();
  header = new TextConverter();
  ready = new Set(["t"]);
  group = {
    append: (topic, partition, timestampMs, key, text, headers) =>
      void rows.push([topic, partition, timestampMs, key, text, JSON.stringify(headers)]),
    get size() {
      return rows.length;
    },
    send: () => expect.fail("not sent here"),
  };
});

function appender(
  props: Record<string, string> = {},
  apply?: (record: ConnectRecord) => MaybePromise<ConnectRecord | null>,
  stopping: AbortSignal = new AbortController().signal,
) {
  const topics = {
    isReady: (topic: string) => ready.has(topic),
    ensure: async (topic: string) => void ready.add(topic),
  } satisfies Pick<Topics, "isReady" | "ensure">;
  const transformation = apply && { config: () => ({}), configure() {}, apply };
  return new RecordAppender({
    transforms: new TransformChain(
      transformation
        ? [{ transformation, predicate: undefined, negate: false, className: "Transformation" }]
        : [],
    ),
    converters: {
      key: new TextConverter(),
      value,
      header,
      classNames: { key: "Key", value: "Value", header: "Header" },
    },
    topics,
    producer: { partition: () => 7 },
    tolerance: toleranceFor(props, { logger, signal: stopping }),
  });
}

function record(text: string, topic = "t"): SourceRecord {
  return new SourceRecord({
    topic,
    key: "k",
    value: text,
    sourcePartition: { f: "a" },
    sourceOffset: { p: 1 },
  });
}

describe("RecordAppender", () => {
  it("is synchronous where nothing has to be waited for", () => {
    const one = record("v");
    one.headers.addString("h", "1").addString("h", "2");
    const append = appender();
    expect(append.append(group, one)).toBe("appended");
    expect(append.append(group, record("w"))).toBe("appended");
    expect(rows).toEqual([
      ["t", 7, -1, "k", "v", '[{"key":"h","value":"1"},{"key":"h","value":"2"}]'],
      ["t", 7, -1, "k", "w", "[]"],
    ]);
  });

  it("converts headers anew where they, their topic or what is in them is another", () => {
    const converted: unknown[] = [];
    header.convert = (text) => {
      converted.push(text);
      return String(text);
    };
    ready.add("u");
    const append = appender();
    const list = ["a"];
    const send = (topic: string, ...values: unknown[]) => {
      const one = record("v", topic);
      for (const text of values) one.headers.add("h", text, null);
      expect(append.append(group, one)).toBe("appended");
      return converted.splice(0).length;
    };
    const counts = [
      send("t", "1", "2"),
      send("t", "1", "2"),
      send("u", "1", "2"),
      send("u", "1"),
      send("u"),
      send("u", "1"),
      send("u", "1", "1"),
      send("u", list),
      send("u", Object.assign(list, ["b"])),
    ];
    expect(counts).toEqual([2, 0, 2, 1, 0, 0, 2, 1, 1]);
    expect(
      rows.map((row) => (JSON.parse(row[5]) as { value: string }[]).map((h) => h.value)),
    ).toEqual([["1", "2"], ["1", "2"], ["1", "2"], ["1"], [], ["1"], ["1", "1"], ["a"], ["b"]]);
  });

  it("keeps the partition and the time a record brings", () => {
    const own = new SourceRecord({
      topic: "t",
      value: "v",
      kafkaPartition: 3,
      timestamp: 42,
      sourcePartition: {},
      sourceOffset: null,
    });
    expect(appender().append(group, own)).toBe("appended");
    expect(rows[0]?.slice(0, 3)).toEqual(["t", 3, 42]);
  });

  it("counts what a transformation drops as filtered", () => {
    expect(appender({}, () => null).append(group, record("v"))).toBe("filtered");
    expect(rows).toEqual([]);
  });

  it("waits for plugins that answer later, and for a new topic", async () => {
    value.convert = async (text) => `${text as string}!`;
    const later = appender({}, async (r) => r.newRecord({ topic: "new" })).append(
      group,
      record("v"),
    );
    expect(await later).toBe("appended");
    expect(rows[0]).toEqual(["new", 7, -1, "k", "v!", "[]"]);
  });

  it("repeats only the step that failed, while it may", async () => {
    let transformed = 0;
    let tries = 0;
    value.convert = (text) => {
      if (++tries < 3) throw new RetriableError("registry away");
      return text as string;
    };
    const append = appender(
      { "errors.retry.timeout": "-1", "errors.retry.delay.max.ms": "1" },
      (r) => {
        transformed++;
        return r;
      },
    );
    expect(await append.append(group, record("v"))).toBe("appended");
    expect([transformed, tries, rows.length]).toEqual([1, 3, 1]);
  });

  it("neither sends nor skips a record whose retries the stop cuts short", async () => {
    const stopping = new AbortController();
    value.convert = () => {
      stopping.abort();
      throw new RetriableError("registry away");
    };
    const props = { "errors.tolerance": "all", "errors.retry.timeout": "-1" };
    const append = appender(props, undefined, stopping.signal);
    await expect(append.append(group, record("v"))).rejects.toThrow(Interrupted);
    expect(rows).toEqual([]);
  });

  it("fails on a bad record, and names it", async () => {
    value.convert = () => {
      throw new DataError("not text");
    };
    await expect(
      appender({ "errors.log.enable": "true" }).append(group, record("v")),
    ).rejects.toThrow(
      expect.objectContaining({
        message: "Tolerance exceeded in error handler",
        cause: expect.objectContaining({
          message: expect.stringMatching(/VALUE_CONVERTER of Value.*source partition a, offset 1/),
        }),
      }),
    );
    expect(logged).toEqual([
      "Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class 'Value'.",
    ]);
  });

  it("skips a bad record where errors are tolerated, and goes on with the next", async () => {
    value.convert = (text) => {
      if (text === "bad") throw new DataError("not text");
      return text as string;
    };
    const append = appender({ "errors.tolerance": "all" });
    expect(await append.append(group, record("bad"))).toBe("skipped");
    expect(append.append(group, record("good"))).toBe("appended");
    expect(rows.map((row) => row[4])).toEqual(["good"]);
  });
});
