import { appendFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { SourceRecord } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { FileStreamSourceConnector } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

// These take the seconds that they measure.

const path = temporaryFolder();

function start() {
  return startSource(FileStreamSourceConnector, { file: path("in.txt"), topic: "lines" });
}

function values(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ value }) => value);
}

function positions(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ sourceOffset }) => sourceOffset?.["position"]);
}

describe("a file", () => {
  test("that was renamed is read to its end before the new one, late lines and unfinished one included", async () => {
    await writeFile(path("in.txt"), "one\n");
    await using run = await start();
    await run.take(1);
    await rename(path("in.txt"), path("in.txt.1"));
    await appendFile(path("in.txt.1"), "two\n");
    await writeFile(path("in.txt"), "a new file, longer than the old one\n");
    await appendFile(path("in.txt.1"), "three\n");
    expect(values(await run.takeFor(300))).toEqual(["two", "three"]);
    await appendFile(path("in.txt.1"), "unfinished");
    const records = await run.take(2);
    expect(values(records)).toEqual(["unfinished", "a new file, longer than the old one"]);
    expect(positions(records)).toEqual([24, 36]);
  });

  test("that is deleted and made again is read anew", async () => {
    await writeFile(path("in.txt"), "one\n");
    await using run = await start();
    await run.take(1);
    await rm(path("in.txt"));
    await run.takeFor(200);
    await writeFile(path("in.txt"), "two\n");
    expect(values(await run.take(1))).toEqual(["two"]);
  });

  test("behind a link that is switched is followed", async () => {
    await writeFile(path("a.txt"), "a\n");
    await writeFile(path("b.txt"), "b\n");
    await symlink(path("a.txt"), path("in.txt"));
    await using run = await start();
    expect(values(await run.take(1))).toEqual(["a"]);
    await symlink(path("b.txt"), path("new-link"));
    await rename(path("new-link"), path("in.txt"));
    expect(values(await run.take(1))).toEqual(["b"]);
  });
});

test("poll waits for up to a second, and returns at once when it is aborted", async () => {
  await writeFile(path("in.txt"), "");
  await using run = await start();
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    const began = performance.now();
    await run.tasks[0]?.poll(new AbortController().signal);
    waits.push(performance.now() - began);
  }
  expect(waits[0]).toBeLessThan(300);
  expect(waits[5]).toBeGreaterThan(900);

  const aborting = new AbortController();
  const began = performance.now();
  const polled = run.tasks[0]?.poll(aborting.signal);
  await sleep(20);
  aborting.abort();
  expect(await polled).toBeNull();
  expect(performance.now() - began).toBeLessThan(500);
});
