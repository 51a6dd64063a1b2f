import { appendFile, mkdir, rename, symlink, truncate, writeFile } from "node:fs/promises";
import type { SourceRecord } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { FileStreamSourceConnector } from "./connector.ts";

const path = temporaryFolder();

function start(options: { offsets?: MemoryOffsets; props?: Record<string, string> } = {}) {
  return startSource(
    FileStreamSourceConnector,
    { file: path("in.txt"), topic: "lines", ...options.props },
    { offsets: options.offsets ?? new MemoryOffsets() },
  );
}

function at(position: number): MemoryOffsets {
  return new MemoryOffsets([[{ filename: path("in.txt") }, { position }]]);
}

function values(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ value }) => value);
}

function positions(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ sourceOffset }) => sourceOffset?.["position"]);
}

describe("records", () => {
  test("carry topic, text, time, file and byte position, and no key", async () => {
    await writeFile(path("in.txt"), "ä\nb\n");
    const before = Date.now();
    await using run = await start();
    const records = await run.take(2);
    const [first, second] = records;
    expect(first).toMatchObject({
      topic: "lines",
      kafkaPartition: null,
      keySchema: null,
      key: null,
      value: "ä",
      sourcePartition: { filename: path("in.txt") },
      sourceOffset: { position: 3 },
    });
    expect(first?.valueSchema?.toString()).toBe("Schema{STRING}");
    expect(first?.timestamp).toBeGreaterThanOrEqual(before);
    expect(second?.sourceOffset).toEqual({ position: 5 });
    expect(second?.sourcePartition).toBe(first?.sourcePartition);
  });

  test("come in batches of batch.size; what is left follows without new bytes", async () => {
    const lines = Array.from({ length: 2005 }, (_, i) => String(i));
    await writeFile(path("in.txt"), `${lines.join("\n")}\n`);
    await using run = await start();
    const [task] = run.tasks;
    const { signal } = new AbortController();
    const first = await task?.poll(signal);
    const second = await task?.poll(signal);
    expect([first?.length, second?.length]).toEqual([2000, 5]);
    expect(values([...(first ?? []), ...(second ?? [])])).toEqual(lines);
  });

  test("fill a batch from more than one read", async () => {
    const lines = Array.from({ length: 9_000 }, (_, i) => `${i} ${"x".repeat(90)}`);
    await writeFile(path("in.txt"), lines.join("\n"));
    await using run = await start();
    const [task] = run.tasks;
    const sizes: (number | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) {
      sizes.push((await task?.poll(new AbortController().signal))?.length);
    }
    expect(sizes).toEqual([2000, 2000, 2000, 2000, 999]);
  });

  test("of long lines come in smaller batches", async () => {
    await writeFile(path("in.txt"), `${"x".repeat(3_000_000)}\n`.repeat(5));
    await using run = await start();
    const batch = await run.tasks[0]?.poll(new AbortController().signal);
    expect(batch).toHaveLength(2);
    expect(await run.take(3)).toHaveLength(3);
  });

  test("of empty lines are empty texts", async () => {
    await writeFile(path("in.txt"), "\n\r\n\rx\n");
    await using run = await start();
    expect(values(await run.take(4))).toEqual(["", "", "", "x"]);
  });

  test("keep a line of 50 MB whole", async () => {
    const line = "0123456789".repeat(5_000_000);
    await writeFile(path("in.txt"), `before\n${line}\nafter\n`);
    await using run = await start();
    const records = await run.take(3);
    expect(positions(records)).toEqual([7, 50_000_008, 50_000_014]);
    expect(records[1]?.value === line).toBe(true);
  });
});

describe("a growing file", () => {
  test("is waited for until it exists, with one warning", async () => {
    await using run = await start();
    expect(await run.takeFor(200)).toEqual([]);
    await writeFile(path("in.txt"), "late\n");
    expect(values(await run.take(1))).toEqual(["late"]);
    expect(run.logger.messages("warn").filter((text) => text.includes("does not exist"))).toEqual([
      `File ${path("in.txt")} does not exist: waiting for it`,
    ]);
  });

  test("gives its last line once that has ended", async () => {
    await writeFile(path("in.txt"), "a\nunfini");
    await using run = await start();
    expect(values(await run.takeFor(200))).toEqual(["a"]);
    await appendFile(path("in.txt"), "shed 🚂");
    expect(await run.takeFor(200)).toEqual([]);
    await appendFile(path("in.txt"), "\nb\n");
    const records = await run.take(2);
    expect(values(records)).toEqual(["unfinished 🚂", "b"]);
    expect(positions(records)).toEqual([18, 20]);
  });

  test("written byte by byte gives every line, characters and line ends torn apart", async () => {
    await writeFile(path("in.txt"), "");
    await using run = await start();
    const seen: unknown[] = [];
    for (const byte of Buffer.from("ü🚂\r\n漢\rx\n")) {
      await appendFile(path("in.txt"), Buffer.of(byte));
      seen.push(...values(await run.takeFor(5)));
    }
    seen.push(...values(await run.takeFor(500)));
    expect(seen).toEqual(["ü🚂", "漢", "x"]);
  });

  test("that is cut short is read from its start, with a warning", async () => {
    await writeFile(path("in.txt"), "one\ntwo\nthr");
    await using run = await start();
    await run.take(2);
    await truncate(path("in.txt"), 0);
    await appendFile(path("in.txt"), "new\n");
    const records = await run.take(1);
    expect([values(records), positions(records)]).toEqual([["new"], [4]]);
    expect(run.logger.messages("warn").join()).toContain(
      "was cut short or rewritten: reading it from its start, without the 3 bytes of its last line",
    );
  });

  test("that was cut short and has outgrown its old length meanwhile is noticed", async () => {
    await writeFile(path("in.txt"), "one\ntwo\n");
    await using run = await start();
    await run.take(2);
    await run.takeFor(60);
    await writeFile(path("in.txt"), "a much longer first line\nsecond\n");
    expect(values(await run.take(2))).toEqual(["a much longer first line", "second"]);
  });
});

describe("resuming", () => {
  const TEXT = "ä🚂\r\nzwei\rdrei\n\nfünf\n";
  const LINES = [
    { value: "ä🚂", start: 0, end: 8 },
    { value: "zwei", start: 8, end: 13 },
    { value: "drei", start: 13, end: 18 },
    { value: "", start: 18, end: 19 },
    { value: "fünf", start: 19, end: 25 },
  ];

  test("at each byte starts with the line that lies there", async () => {
    await writeFile(path("in.txt"), TEXT);
    for (let position = 0; position <= Buffer.byteLength(TEXT); position += 1) {
      await using run = await start({ offsets: at(position) });
      // Between \r and \n the line before has ended already.
      const rest = LINES.filter(({ end }) => end > (position === 7 ? 8 : position));
      const records = rest.length > 0 ? await run.take(rest.length) : [];
      expect(values(records), `from ${position}`).toEqual(rest.map(({ value }) => value));
      expect(positions(records)).toEqual(rest.map(({ end }) => end));
    }
  });

  test("at each position that Java would have stored repeats lines but loses none", async () => {
    await writeFile(path("in.txt"), TEXT);
    for (let i = 1; i <= LINES.length; i += 1) {
      const characters = Buffer.from(TEXT)
        .subarray(0, LINES[i - 1]?.end)
        .toString().length;
      await using run = await start({ offsets: at(characters) });
      const missing = LINES.slice(i).map(({ value }) => value);
      const read = values(await run.takeFor(20));
      expect(read.slice(read.length - missing.length)).toEqual(missing);
    }
  });

  test("goes back to the start of a line longer than a step", async () => {
    const long = "ü".repeat(200_000);
    await writeFile(path("in.txt"), `first\n${long}\nlast\n`);
    await using run = await start({ offsets: at(300_001) });
    expect(values(await run.take(2))).toEqual([long, "last"]);
    expect(run.logger.messages("info").join()).toContain("starts at the stored position 300001");
  });

  test("starts over with a warning when the file shrank while it was stopped", async () => {
    await writeFile(path("in.txt"), "short\n");
    await using run = await start({ offsets: at(1_000) });
    expect(values(await run.take(1))).toEqual(["short"]);
    expect(run.logger.messages("warn").join()).toContain(
      "is shorter than the 1000 bytes that were read of it before",
    );
  });

  test("past a byte order mark does not drop it again from a line", async () => {
    await writeFile(path("in.txt"), "\uFEFFa\n\uFEFFb\n");
    await using run = await start({ offsets: at(5) });
    expect(values(await run.take(1))).toEqual(["\uFEFFb"]);
  });

  test("refuses a stored position that is none", async () => {
    await writeFile(path("in.txt"), "a\n");
    const offsets = new MemoryOffsets([[{ filename: path("in.txt") }, { position: "7" }]]);
    await expect(start({ offsets })).rejects.toThrow("has the position '7'");
  });
});

describe("what cannot be read", () => {
  test("is named with the remedy: a folder", async () => {
    await mkdir(path("in.txt"));
    await using run = await start();
    await expect(run.take(1)).rejects.toThrow(
      `Could not read file ${path("in.txt")}: it is a folder; name a file (EISDIR)`,
    );
  });

  test("is named with the remedy: links in a circle", async () => {
    await symlink(path("in.txt"), path("other"));
    await symlink(path("other"), path("in.txt"));
    await using run = await start();
    await expect(run.take(1)).rejects.toThrow("its links lead in a circle; correct them (ELOOP)");
  });

  test("is named with the remedy: a device", async () => {
    await using run = await start({ props: { file: "/dev/null" } });
    await expect(run.take(1)).rejects.toThrow("it is a pipe or a device, which has no positions");
  });
});

test("an error after the records of a batch does not take them away", async () => {
  await writeFile(path("in.txt"), "a\n");
  await using run = await start();
  await run.take(1);
  await rename(path("in.txt"), path("moved.txt"));
  await symlink(path("in.txt"), path("in.txt"));
  await appendFile(path("moved.txt"), "b\n");
  const poll = () => run.tasks[0]?.poll(new AbortController().signal);
  // At the end of the file the task looks for a new one, and fails on the link.
  expect(values((await poll()) ?? [])).toEqual(["b"]);
  await expect(poll()).rejects.toThrow("ELOOP");
});
