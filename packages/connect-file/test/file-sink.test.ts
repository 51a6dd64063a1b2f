import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type SinkRecord, STRING_SCHEMA } from "@millrace/connect-api";
import { sinkRecord, type SinkRun, startSink, TestPartition } from "@millrace/connect-testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileName, spanOf } from "../src/file-sink/file-name.ts";
import { FolderTemplate, templateRefusal } from "../src/file-sink/folder-template.ts";
import { FileSinkConnector } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

type Compression = "none" | "gzip" | "zstd";

const path = temporaryFolder();

function start(props: Record<string, string> = {}, maxTasks = 1): Promise<SinkRun> {
  return startSink(
    FileSinkConnector,
    { folder: path("out"), format: "text", topics: "lines", "rotate.records": "3", ...props },
    { maxTasks },
  );
}

/** Names and contents of the files that are complete. */
async function complete(folder = path("out")): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const files = await Promise.all(
    names.toSorted().map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const text = name.endsWith(".gz")
        ? gunzipSync(bytes)
        : name.endsWith(".zst")
          ? zstdDecompressSync(bytes)
          : bytes;
      return [short(name), text.toString()] as const;
    }),
  );
  return Object.fromEntries(files);
}

const short = (name: string) => name.replaceAll(/\+0+(?=\d)/g, "+");
const committed = async (run: SinkRun) => [...(await run.commit()).values()];

test("files appear when they are complete, named after what is in them", async () => {
  await using run = await start();
  const partition = new TestPartition("lines");
  await run.put(partition.appendStrings("a", "b"));
  expect(await complete()).toEqual({});
  expect(await committed(run)).toEqual([0]);
  await run.put(partition.appendStrings("c", "d"));
  expect(await complete()).toEqual({ "lines+0+0+2.txt": "a\nb\nc\n" });
  expect(await committed(run)).toEqual([3]);
});

test("a rest is completed when its time has come, and when the task stops", async () => {
  const partition = new TestPartition("lines");
  {
    await using run = await start({ "rotate.interval.ms": "1" });
    await run.put(partition.appendStrings("a"));
    await expect.poll(() => committed(run)).toEqual([1]);
  }
  {
    await using run = await start();
    await run.put(partition.appendStrings("b"));
  }
  expect(await complete()).toEqual({ "lines+0+0+0.txt": "a\n", "lines+0+1+1.txt": "b\n" });
});

test.each([
  ["gzip", "lines+0+0+2.json.gz"],
  ["zstd", "lines+0+0+2.json.zst"],
])("%s", async (compression, name) => {
  await using run = await start({ compression, format: "json" });
  await run.put(new TestPartition("lines").appendStrings("a", "b", "c".repeat(3_000_000)));
  expect(await complete()).toEqual({ [name]: `"a"\n"b"\n"${"c".repeat(3_000_000)}"\n` });
});

describe("each record is written once", () => {
  test("when a worker dies behind a file that was not committed", async () => {
    const records = new TestPartition("lines").appendStrings("a", "b", "c", "d", "e");
    const crashed = await start();
    await crashed.put(records);
    await crashed.crash();
    {
      await using run = await start({ "rotate.records": "2" });
      await run.put(records);
    }
    expect(await complete()).toEqual({
      "lines+0+0+2.txt": "a\nb\nc\n",
      "lines+0+3+4.txt": "d\ne\n",
    });
  });

  test("when records of a partition go to several folders and some of them were complete", async () => {
    const at = (value: string, kafkaOffset: number, day: number): SinkRecord =>
      sinkRecord({
        topic: "lines",
        kafkaOffset,
        valueSchema: STRING_SCHEMA,
        value,
        timestamp: Date.UTC(2026, 10, day),
      });
    const records = [at("a", 0, 1), at("b", 1, 2), at("c", 2, 1), at("d", 3, 1), at("e", 4, 2)];
    const folder = { folder: path("out/${time:yyyy-MM-dd}") };
    const crashed = await start(folder);
    await crashed.put(records);
    expect(await committed(crashed)).toEqual([1]);
    await crashed.crash();
    {
      await using run = await start(folder);
      await run.put(records.slice(1));
    }
    expect(await complete(path("out/2026-11-01"))).toEqual({ "lines+0+0+3.txt": "a\nc\nd\n" });
    expect(await complete(path("out/2026-11-02"))).toEqual({ "lines+0+1+4.txt": "b\ne\n" });
  });

  test("when a task goes on that does not know yet that another one has its partition", async () => {
    const partition = new TestPartition("lines");
    const records = partition.appendStrings("a", "b", "c");
    const zombie = await start();
    await zombie.put(records.slice(0, 2));
    const successor = await start();
    await successor.put(records.slice(0, 2));
    await expect(zombie.put(records.slice(2))).rejects.toThrow(
      "Another task has taken over partition lines-0",
    );
    await zombie.crash();
    await successor.put(records.slice(2));
    await successor.stop();
    expect(await complete()).toEqual({ "lines+0+0+2.txt": "a\nb\nc\n" });
  });

  test("wherever it dies and whatever was committed", async () => {
    const values = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ puts: fc.integer({ min: 1, max: 9 }), commits: fc.boolean() }), {
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 5 }),
        async (lives, rotate) => {
          await rm(path("out"), { recursive: true, force: true });
          const props = { "rotate.records": String(rotate), "max.open.files": "1" };
          let from = 0;
          for (const { puts, commits } of lives) {
            const run = await start(props);
            await run.put(
              new TestPartition("lines").appendStrings(...values).slice(from, from + puts),
            );
            if (commits) from = Math.max(from, (await committed(run))[0] ?? 0);
            await run.crash();
          }
          {
            await using run = await start(props);
            await run.put(new TestPartition("lines").appendStrings(...values).slice(from));
          }
          const lines = Object.values(await complete())
            .join("")
            .split("\n")
            .slice(0, -1);
          expect(lines.toSorted()).toEqual(values.toSorted());
        },
      ),
      { numRuns: 15 },
    );
  });
});

test("unfinished files are gone when the task is, and those of the dead with their successor", async () => {
  const crashed = await start();
  await crashed.put(new TestPartition("lines").appendStrings("a"));
  const left = join(path("out"), ".millrace", "test", "lines+0");
  // As of a process that was killed.
  await mkdir(join(left, "dead"), { recursive: true });
  await writeFile(join(left, "dead", "file"), "half");
  await crashed.stop();
  await using run = await start();
  await run.put(new TestPartition("lines", 0, 1).appendStrings("b"));
  await expect(stat(join(left, "dead"))).rejects.toThrow("ENOENT");
  expect(await readdir(left)).toHaveLength(1);
});

test("no more files are open than allowed: the oldest is completed", async () => {
  const folder = path("out/${partition}");
  await using run = await start({ folder, "max.open.files": "2" });
  for (const partition of [0, 1, 2]) {
    await run.put(new TestPartition("lines", partition).appendStrings("a"));
  }
  expect(await complete(path("out/0"))).toEqual({ "lines+0+0+0.txt": "a\n" });
  expect(await complete(path("out/1"))).toEqual({});
});

test("names are read as they were written, whatever the topic", () => {
  const SPAN = fc.record({
    topic: fc.stringMatching(/^[\w.-]{1,20}$/),
    partition: fc.nat(),
    firstOffset: fc.maxSafeNat(),
    lastOffset: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(SPAN, fc.constantFrom<Compression>("none", "gzip", "zstd"), (span, compression) => {
      const name = fileName(span, { format: "json", compression });
      expect(spanOf(name)).toEqual(span);
    }),
  );
  expect(spanOf("README.txt")).toBeNull();
});

test("templates", () => {
  const template = new FolderTemplate("/a/${topic}/${partition}/${time:yyyy/MM/dd}/h${time:HH}");
  const time = Date.UTC(2026, 0, 2, 3, 4);
  expect(template.folderOf("t", 7, time)).toBe("/a/t/7/2026/01/02/h03");
  expect(template.folderOf("../x", 7, null)).toBe("/a/.._x/7/1970/01/01/h00");
  expect(template.folderOf("..", 8, time)).toBe("/a/_/8/2026/01/02/h03");
});

test.each([
  ["relative/${topic}", "absolute"],
  ["/a/${key}", "There is no variable ${key}"],
  ["/a/${time:YYYY}", "There is no variable"],
  ["/a/${time:../yyyy}", "There is no variable"],
])("%s is refused", (template, why) => {
  expect(templateRefusal(template)).toContain(why);
});
