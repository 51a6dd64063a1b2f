import { ConnectError } from "@millrace/connect-api";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeSinkGroup } from "../../test/support/fake-sink-group.ts";
import { memoryOffsets } from "../../test/support/worker-under-test.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import type { NewOffsets, Threads } from "../threads/units.ts";
import { ConnectorOffsets, type OffsetOwner } from "./connector-offsets.ts";
import type { OffsetChange } from "./offset-change.ts";

const LIMIT_MS = 90_000;
const KEY = `["c",{"p":1}]`;
const ONE: OffsetChange = { partition: { p: 1 }, offset: { o: 1 } };

const hang = () => new Promise<never>(() => undefined);

interface Parts {
  readonly alterOffsets?: Threads["alterOffsets"];
  readonly store?: Partial<OffsetStore>;
}

function offsetsWith({ alterOffsets = async () => true, store = {} }: Parts) {
  const offsets = { ...memoryOffsets({ [KEY]: `{"o":0}` }), ...store };
  const group = new FakeSinkGroup("t");
  const connectorOffsets = new ConnectorOffsets({
    threads: { alterOffsets },
    offsets,
    openSinkGroup: async () => group,
  });
  const modify = (type: OffsetOwner["type"], changes: readonly OffsetChange[] | undefined) =>
    connectorOffsets.modify({
      owner: { name: "c", type, props: {} },
      changes,
      deadlineMs: Date.now() + LIMIT_MS,
    });
  return { modify, offsets, group, connectorOffsets };
}

describe("the answer", () => {
  test.each([
    [true, [ONE], "The offsets for this connector have been altered successfully"],
    [true, undefined, "The offsets for this connector have been reset successfully"],
    [
      false,
      [ONE],
      "The Connect framework-managed offsets for this connector have been altered successfully. However, if this connector manages offsets externally, they will need to be manually altered in the system that the connector uses.",
    ],
    [
      false,
      undefined,
      "The Connect framework-managed offsets for this connector have been reset successfully. However, if this connector manages offsets externally, they will need to be manually reset in the system that the connector uses.",
    ],
  ])("where the connector says %j", async (answer, changes, message) => {
    const { modify } = offsetsWith({ alterOffsets: async () => answer });
    expect(await modify("source", changes)).toBe(message);
  });
});

test("the partitions of a key are shown as they are written", async () => {
  const key = String.raw` [ "\u0063\"],[" , {"p": "]"} ] `;
  const { connectorOffsets } = offsetsWith({
    store: { entries: async () => new Map([[key, `{"o":1.0}`]]) },
  });
  const [shown] = await connectorOffsets.read("c", "source", {});
  expect(shown?.partition.trim()).toBe(`{"p": "]"}`);
  expect(shown?.offset).toBe(`{"o":1.0}`);
});

test("a connector that refuses leaves everything as it is", async () => {
  const alterOffsets = async (_: unknown, asked: NewOffsets) => {
    throw new ConnectError(`no ${asked.type}`);
  };
  const { modify, offsets, group } = offsetsWith({ alterOffsets });
  group.offsets.set("t", 5);
  for (const type of ["source", "sink"] as const) {
    const sinkChange = {
      partition: { kafka_topic: "t", kafka_partition: 0 },
      offset: { kafka_offset: 1 },
    };
    await expect(modify(type, [type === "sink" ? sinkChange : ONE])).rejects.toThrow(`no ${type}`);
    await expect(modify(type, undefined)).rejects.toThrow(`no ${type}`);
  }
  expect(await offsets.get([KEY])).toEqual([`{"o":0}`]);
  expect(group.offsets.get("t")).toBe(5);
});

describe("in time", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, Partial<OffsetStore>, string]>([
    [
      "does not tell what it has",
      { entries: hang },
      "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for source connector c",
    ],
    [
      "does not confirm what is written",
      { set: hang },
      "Timed out while attempting to modify offsets for source connector c. They may be written yet, when the brokers are back: look at them then",
    ],
  ])("ends a change of a store that %s", async (_, store, message) => {
    const { modify } = offsetsWith({ store });
    const outcome = modify("source", [ONE]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    expect(await outcome).toEqual(new ConnectError(message));
  });

  test("a connector is asked with what is left, and nothing is written after that", async () => {
    const limits: number[] = [];
    const alterOffsets = async (_: unknown, __: unknown, limitMs: number) => {
      limits.push(limitMs);
      await new Promise((resolve) => setTimeout(resolve, LIMIT_MS));
      return true;
    };
    const store = memoryOffsets();
    const slowly = async (connector: string) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return store.entries(connector);
    };
    const { modify, offsets } = offsetsWith({ alterOffsets, store: { ...store, entries: slowly } });
    const outcome = modify("source", [ONE]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(LIMIT_MS + 1_000);
    expect(await outcome).toEqual(
      new ConnectError("Timed out while attempting to modify offsets for source connector c"),
    );
    expect(limits).toEqual([LIMIT_MS - 1_000]);
    expect(await offsets.get([KEY])).toEqual([null]);
  });
});
