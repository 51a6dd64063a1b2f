import type { SourceOffset, SourcePartition } from "@millrace/connect-api";
import { FakeConnectorContext } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { FileStreamSourceConnector } from "./connector.ts";

const PROPS = { file: "/tmp/in.txt", topic: "lines" };

function alter(partition: SourcePartition | null, offset: SourceOffset | null, props = PROPS) {
  // REST clients can send null for a partition.
  const offsets = new Map([[partition as SourcePartition, offset]]);
  return () => new FileStreamSourceConnector().alterOffsets(props, offsets);
}

describe("alterOffsets", () => {
  const partition = { filename: "/tmp/in.txt" };

  test("takes whole numbers from 0 on, of whatever size, and any reset", () => {
    expect(alter(partition, { position: 0 })()).toBe(true);
    expect(alter(partition, { position: 7 })()).toBe(true);
    expect(alter(partition, { position: 2n ** 60n })()).toBe(true);
    expect(alter({ filename: "/other" }, { position: 1 })()).toBe(true);
    expect(alter({ bogus: "x" }, null)()).toBe(true);
  });

  // The messages are those recorded from Java Connect 4.3.1.
  test.each([
    [null, { position: 1 }, "Partition objects cannot be null"],
    [{ bogus: "x" }, { position: 1 }, "Partition objects should contain the key 'filename'"],
    [partition, { bogus: 1 }, "Offset objects should either be null or contain the key 'position'"],
    [
      partition,
      { position: "abc" },
      "The value for the 'position' key in the offset is expected to be a Long value",
    ],
    [
      partition,
      { position: 1.5 },
      "The value for the 'position' key in the offset is expected to be a Long value",
    ],
    [
      partition,
      { position: null },
      "The value for the 'position' key in the offset is expected to be a Long value",
    ],
    [
      partition,
      { position: -5 },
      "The value for the 'position' key in the offset should be a non-negative value",
    ],
  ])("refuses %j %j", (refusedPartition, offset, message) => {
    expect(alter(refusedPartition, offset)).toThrow(message);
  });

  test("refuses any for the standard input", () => {
    expect(alter(partition, { position: 1 }, { ...PROPS, file: "" })).toThrow(
      "Offsets cannot be modified if the 'file' configuration is unspecified",
    );
  });
});

test("exactly-once is supported with a file only", () => {
  const connector = new FileStreamSourceConnector();
  expect(connector.exactlyOnceSupport(PROPS)).toBe("SUPPORTED");
  expect(connector.exactlyOnceSupport({ topic: "lines" })).toBe("UNSUPPORTED");
  expect(connector.exactlyOnceSupport({ topic: "lines", file: " " })).toBe("UNSUPPORTED");
});

test("has one task whatever the limit", async () => {
  const connector = new FileStreamSourceConnector();
  connector.initialize(new FakeConnectorContext());
  await connector.start(PROPS);
  expect(connector.taskConfigs()).toEqual([PROPS]);
});

test("refuses an empty topic and a batch of none", async () => {
  const values = await new FileStreamSourceConnector().validate({ topic: "", "batch.size": "0" });
  expect(values.flatMap(({ errors }) => errors)).toEqual([
    "Invalid value  for configuration topic: String must be non-empty",
    "Invalid value 0 for configuration batch.size: Value must be at least 1",
  ]);
});
