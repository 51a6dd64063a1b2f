import { appendFile, copyFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { SourceRecord } from "@millrace/connect-api";
import { MemoryOffsets, type SourceRun, startSource } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { FileSourceConnector } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

const path = temporaryFolder();

function start(props: Record<string, string> = {}, offsets?: MemoryOffsets, maxTasks = 1) {
  return startSource(
    FileSourceConnector,
    {
      paths: path("*.log*"),
      topic: "lines",
      "scan.interval.ms": "20",
      "rotate.wait.ms": "100",
      "ingest.min.age.ms": "0",
      ...props,
    },
    { maxTasks, ...(offsets && { offsets }) },
  );
}

const values = (records: readonly SourceRecord[]) => records.map(({ value }) => value);
const sorted = (texts: readonly unknown[]) => texts.map(String).toSorted();
/** Takes so many, and what comes in a while behind them: nothing may. */
async function takeAll(run: SourceRun, count: number): Promise<unknown[]> {
  const records = await run.take(count);
  return [...values(records), ...values(await run.takeFor(150))];
}
const numbered = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${prefix} ${from + i} ${"x".repeat(40)}`);
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

describe("tail", () => {
  test("reads all files of a pattern, and new ones", async () => {
    await writeFile(path("a.log"), "a1\na2\n");
    await writeFile(path("b.log"), "b1\nunfinished");
    await using run = await start();
    expect(sorted(await takeAll(run, 3))).toEqual(["a1", "a2", "b1"]);
    await writeFile(path("c.log"), "c1\n");
    await appendFile(path("b.log"), " now\n");
    expect(sorted(await takeAll(run, 2))).toEqual(["c1", "unfinished now"]);
  });

  test("follows a file that is renamed within the pattern, and its successor", async () => {
    const offsets = new MemoryOffsets();
    const first = numbered("first", 0, 100);
    await writeFile(path("a.log"), text(first));
    {
      await using run = await start({}, offsets);
      expect(await takeAll(run, 100)).toEqual(first);
      await run.commit();
      await rename(path("a.log"), path("a.log.1"));
      await appendFile(path("a.log.1"), "late\nrest");
      await writeFile(path("a.log"), "second\n");
      expect(await takeAll(run, 3)).toEqual(["late", "rest", "second"]);
      await run.commit();
    }
    await using run = await start({}, offsets);
    expect(await run.takeFor(400)).toEqual([]);
    await appendFile(path("a.log"), "third\n");
    expect(await takeAll(run, 1)).toEqual(["third"]);
  });

  test("reads what was rotated out of the pattern while it was stopped before what took its place", async () => {
    const offsets = new MemoryOffsets();
    const first = numbered("first", 0, 100);
    await writeFile(path("a.log"), text(first));
    {
      await using run = await start({ paths: path("*.log") }, offsets);
      await takeAll(run, 100);
      await run.commit();
    }
    await appendFile(path("a.log"), "late\n");
    await rename(path("a.log"), path("a.log.1"));
    await writeFile(path("a.log"), "second\n");
    await using run = await start({ paths: path("*.log") }, offsets);
    expect(await takeAll(run, 2)).toEqual(["late", "second"]);
  });

  test("reads a copy that was made before the file was cut short from where that was read to", async () => {
    const first = numbered("first", 0, 100);
    await writeFile(path("a.log"), text(first));
    await using run = await start();
    await takeAll(run, 100);
    await appendFile(path("a.log"), "late\n");
    await copyFile(path("a.log"), path("a.log.1"));
    await truncate(path("a.log"));
    await appendFile(path("a.log"), "second\n");
    expect(sorted(await takeAll(run, 2))).toEqual(["late", "second"]);
  });

  test.each([
    [".gz", gzipSync],
    [".zst", zstdCompressSync],
  ])("knows a file that was rotated and compressed (%s)", async (suffix, compress) => {
    const offsets = new MemoryOffsets();
    const first = numbered("first", 0, 100);
    await writeFile(path("a.log"), text(first));
    {
      await using run = await start({}, offsets);
      await takeAll(run, 100);
      await run.commit();
    }
    await appendFile(path("a.log"), "late\n");
    await writeFile(path(`a.log.1${suffix}`), compress(await readFile(path("a.log"))));
    await rm(path("a.log"));
    await using run = await start({}, offsets);
    expect(await takeAll(run, 1)).toEqual(["late"]);
    await run.commit();
  });
});
