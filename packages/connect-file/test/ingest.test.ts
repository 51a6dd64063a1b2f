import { mkdir, readdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { SourceRecord } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FileSourceConnector } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

const path = temporaryFolder();

function start(props: Record<string, string> = {}, offsets = new MemoryOffsets()) {
  return startSource(
    FileSourceConnector,
    {
      paths: path("in/*"),
      topic: "rows",
      mode: "ingest",
      "ingest.min.age.ms": "0",
      "scan.interval.ms": "10",
      ...props,
    },
    { offsets },
  );
}

async function put(name: string, content: string | Buffer): Promise<void> {
  await mkdir(path("in"), { recursive: true });
  await writeFile(path(`tmp-${name}`), content);
  await rename(path(`tmp-${name}`), path(`in/${name}`));
}

const values = (records: readonly SourceRecord[]) => records.map(({ value }) => value);

describe("a file that is complete", () => {
  test("is read to its end, and deleted not before its offset is committed", async () => {
    await put("a", "one\ntwo");
    await using run = await start({ "ingest.cleanup": "delete" });
    expect(values(await run.take(2))).toEqual(["one", "two"]);
    for (const task of run.tasks) await task.commit?.();
    expect(await readdir(path("in"))).toEqual(["a"]);
    await run.commit();
    expect(await readdir(path("in"))).toEqual([]);
  });

  test("is left when the worker dies before, read again, and cleaned up then", async () => {
    await put("a", "one\ntwo\n");
    const crashed = await start({ "ingest.cleanup": "delete" });
    await crashed.take(2);
    await crashed.stop();
    expect(await readdir(path("in"))).toEqual(["a"]);
    const offsets = new MemoryOffsets();
    {
      await using run = await start({}, offsets);
      await run.take(2);
      await run.commit();
    }
    // Everything is committed, and nothing was cleaned up: the next run does it.
    await using run = await start({ "ingest.cleanup": "delete" }, offsets);
    expect(await run.takeFor(100)).toEqual([]);
    await run.commit();
    expect(await readdir(path("in"))).toEqual([]);
  });

  test("is moved, never onto another one; its marker goes with it", async () => {
    const props = {
      "ingest.cleanup": "move",
      "ingest.move.to": path("done"),
      "ingest.marker.suffix": ".ready",
    };
    await using run = await start(props);
    for (const [text, moved] of [
      ["first", ["a", "a.ready"]],
      ["second", ["a", "a.1", "a.ready", "a.ready.1"]],
    ] as const) {
      await put("a", text);
      expect(await run.takeFor(60)).toEqual([]);
      await put("a.ready", "");
      expect(values(await run.take(1))).toEqual([text]);
      await run.commit();
      expect(await readdir(path("in"))).toEqual([]);
      expect((await readdir(path("done"))).toSorted()).toEqual(moved);
    }
  });

  test("is another one when it has the name, or the content, of one before", async () => {
    await using run = await start();
    await put("a", "same\n");
    await put("b", "same\n");
    expect(values(await run.take(2))).toEqual(["same", "same"]);
    await run.commit();
    await put("a", "same\n");
    expect(values(await run.take(1))).toEqual(["same"]);
  });

  test("waits while it is young", async () => {
    await put("a", "one\n");
    await using run = await start({ "ingest.min.age.ms": "60000" });
    expect(await run.takeFor(100)).toEqual([]);
    await utimes(path("in/a"), new Date(0), new Date(0));
    expect(values(await run.take(1))).toEqual(["one"]);
  });

  test("without records is cleaned up too", async () => {
    await put("empty", "");
    await put("header", "a,b\n");
    await using run = await start({ "ingest.cleanup": "delete", decoder: "csv" });
    expect(await run.takeFor(150)).toEqual([]);
    await run.commit();
    expect(await readdir(path("in"))).toEqual([]);
  });
});

describe("what cannot be decoded", () => {
  const BAD = "{}\nno json\n{}\n";

  test("fails the task, after what is before it, and names the place", async () => {
    await put("a", BAD);
    await using run = await start({ decoder: "ndjson" });
    await expect(run.take(2)).rejects.toThrow(
      `What begins at byte 3 of file ${path("in/a")} is no record. It is no JSON`,
    );
  });

  test("is skipped with a warning", async () => {
    await put("a", BAD);
    await using run = await start({ decoder: "ndjson", "invalid.records": "skip" });
    expect(values(await run.take(2))).toEqual([{}, {}]);
    expect(run.logger.messages("warn").join()).toContain("byte 3");
  });

  test("goes to a topic, with its bytes and its place", async () => {
    await put("a", BAD);
    await using run = await start({
      decoder: "ndjson",
      "invalid.records": "topic",
      "invalid.records.topic": "bad",
    });
    const [, bad] = await run.take(3);
    expect(bad!.topic).toBe("bad");
    expect(String(bad!.value)).toBe("no json\n");
    expect([...bad!.headers].map(({ key, value }) => [key, value])).toEqual([
      ["file.path", path("in/a")],
      ["file.position", 3],
      ["file.error", expect.stringContaining("no JSON")],
    ]);
  });

  test.each([
    ["a.gz", gzipSync],
    ["a.zst", zstdCompressSync],
  ])("an archive that ends within is read that far (%s)", async (name, compress) => {
    // Of random digits, so that there is something in what is left.
    const digits = Array.from({ length: 20_000 }, () => `line ${Math.random()}\n`).join("");
    const whole = compress(Buffer.from(digits));
    await put(name, whole.subarray(0, whole.length - 100));
    await put("b.gz", gzipSync("fine\n"));
    await using run = await start({ "invalid.records": "skip", "ingest.cleanup": "delete" });
    const read: unknown[] = [];
    await vi.waitUntil(
      async () => {
        read.push(...values(await run.takeFor(50)));
        return run.logger.messages("warn").some((message) => message.includes("decompressed"));
      },
      { timeout: 30_000 },
    );
    read.push(...values(await run.takeFor(200)));
    expect(read).toContain("fine");
    const lines = read.filter((line) => line !== "fine");
    expect(lines.length).toBeGreaterThan(10_000);
    expect(digits.startsWith(`${lines.join("\n")}\n`)).toBe(true);
    await run.commit();
    expect(await readdir(path("in"))).toEqual([name]);
  });

  test("an archive that is none fails the task where that is wanted", async () => {
    await put("a.gz", "no archive at all");
    await using run = await start();
    await expect(run.take(1)).rejects.toThrow("could not be decompressed");
  });

  test("members of an archive follow each other", async () => {
    await put("a.gz", Buffer.concat([gzipSync("one\ntw"), gzipSync("o\n")]));
    await using run = await start();
    expect(values(await run.take(2))).toEqual(["one", "two"]);
  });

  test.each([10, 300_000])(
    "a line beyond the limit of %i is what it is set to be",
    async (limit) => {
      const long = "x".repeat(limit * 3);
      await put("a", `a\n${long}\r\nb\n`);
      const limited = { "max.record.bytes": String(limit) };
      {
        await using run = await start({ ...limited, "record.too.long": "truncate" });
        expect(values(await run.take(3))).toEqual(["a", long.slice(0, limit), "b"]);
      }
      {
        await using run = await start({ ...limited, "invalid.records": "skip" });
        expect(values(await run.take(2))).toEqual(["a", "b"]);
      }
      await using run = await start(limited);
      await expect(run.take(3)).rejects.toThrow(`longer than the ${limit} bytes`);
    },
  );

  test("an event of many lines beyond the limit is left behind in parts", async () => {
    const event = Array.from({ length: 1000 }, (_, i) => ` line ${i}`).join("\n");
    await put("a", `# a\n${event}\n# b\n`);
    await using run = await start({
      "multiline.start": "^#",
      "max.record.bytes": "1000",
      "invalid.records": "skip",
    });
    expect(values(await run.take(1))).toContain("# b");
  });

  test("binary files are lines of something", async () => {
    await put("a", Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    await using run = await start();
    expect(await run.take(3)).toHaveLength(3);
  });
});

describe("files that may not be read", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("are left out, and do not stop the others: a link out of the allowed folders", async () => {
    vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", path("in"));
    await put("a", "fine\n");
    await writeFile(path("secret"), "secret\n");
    await symlink(path("secret"), path("in/link"));
    await using run = await start();
    expect(values(await run.takeFor(200))).toEqual(["fine"]);
    expect(run.logger.messages("warn").join()).toContain("link cannot be read and is left out");
  });

  test("patterns and folders outside of them are refused", async () => {
    vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", path("in"));
    const refused = async (props: Record<string, string>) => {
      const values = await new FileSourceConnector().validate({ topic: "t", ...props });
      return values.flatMap(({ name, errors }) => errors.map(() => name));
    };
    expect(await refused({ paths: path("in/*") })).toEqual([]);
    expect(await refused({ paths: `${path("in/*")},/etc/*.conf` })).toEqual(["paths"]);
    const move = { mode: "ingest", "ingest.cleanup": "move" };
    expect(
      await refused({ paths: path("in/*"), ...move, "ingest.move.to": path("elsewhere") }),
    ).toEqual(["ingest.move.to"]);
    await expect(start({ paths: "/etc/*" })).rejects.toThrow("MILLRACE_FILE_ALLOWED_ROOTS");
  });
});

test.each([
  ["paths", { paths: "relative/*" }],
  ["invalid.records.topic", { "invalid.records": "topic" }],
  ["ingest.cleanup", { "ingest.cleanup": "delete", mode: "tail" }],
  ["ingest.move.to", { "ingest.cleanup": "move" }],
  ["multiline.start", { "multiline.start": "^a", decoder: "csv" }],
  ["multiline.start", { "multiline.start": "(" }],
  ["csv.columns", { decoder: "csv", "csv.header": "false" }],
  ["csv.separator", { "csv.separator": "ab" }],
  ["csv.types", { "csv.types": "a:DATE" }],
  ["encoding", { encoding: "klingon" }],
])("%s is refused where it makes no sense: %j", async (key, props) => {
  const values = await new FileSourceConnector().validate({
    paths: path("in/*"),
    topic: "t",
    mode: "ingest",
    ...props,
  });
  expect(values.filter(({ errors }) => errors.length > 0).map(({ name }) => name)).toEqual([key]);
});

test("patterns may have commas within braces", async () => {
  await put("a", "a\n");
  await put("b", "b\n");
  await put("c", "c\n");
  await using run = await start({ paths: `${path("in")}/{a,b}` });
  expect(new Set(values(await run.take(2)))).toEqual(new Set(["a", "b"]));
});
