import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import {
  SchemaBuilder,
  INT32_SCHEMA,
  isRetriable,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import {
  sinkRecord,
  type SinkRun,
  startSink,
  TestPartition,
  tombstone,
} from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { FileStreamSinkConnector } from "./connector.ts";

const path = temporaryFolder();
const USER = SchemaBuilder.struct().field("id", INT32_SCHEMA).field("name", STRING_SCHEMA).build();
const ADA = new Struct(USER).put("id", 1).put("name", "Ada");

test("any offset of its topics will do", () => {
  expect(new FileStreamSinkConnector().alterOffsets()).toBe(true);
});

function start(props: Record<string, string> = {}, maxTasks = 1) {
  return startSink(
    FileStreamSinkConnector,
    { file: path("out.txt"), topics: "lines", ...props },
    { maxTasks },
  );
}

function written(name = "out.txt"): Promise<string> {
  return readFile(path(name), "utf8");
}

/** What the file holds once everything that was put is there. */
async function committed(run: SinkRun): Promise<string> {
  await run.commit();
  return written();
}

describe("lines", () => {
  test("are the values as Java prints them", async () => {
    await using run = await start();
    await run.put([
      sinkRecord({ valueSchema: STRING_SCHEMA, value: "text 🚂" }),
      sinkRecord({ valueSchema: USER, value: ADA, kafkaOffset: 1 }),
      sinkRecord({ value: new Map([["a", [1, null]]]), kafkaOffset: 2 }),
      tombstone({ kafkaOffset: 3 }),
    ]);
    expect(await committed(run)).toBe("text 🚂\nStruct{id=1,name=Ada}\n{a=[1, null]}\nnull\n");
  });

  test("are JSON with format=json", async () => {
    await using run = await start({ format: "json" });
    await run.put([
      sinkRecord({ valueSchema: STRING_SCHEMA, value: 'two\n"lines"' }),
      sinkRecord({ valueSchema: USER, value: ADA, kafkaOffset: 1 }),
      tombstone({ kafkaOffset: 2 }),
    ]);
    expect(await committed(run)).toBe('"two\\n\\"lines\\""\n{"id":1,"name":"Ada"}\nnull\n');
  });

  test("are appended to what is there", async () => {
    await writeFile(path("out.txt"), "old\n");
    await using run = await start();
    await run.put(new TestPartition().appendStrings("new"));
    expect(await committed(run)).toBe("old\nnew\n");
  });

  test("start on a line of their own where the file ends within one, with a warning", async () => {
    await writeFile(path("out.txt"), "to");
    await using run = await start();
    expect(run.logger.messages("warn").join()).toContain("ends within a line");
    await run.put(new TestPartition().appendStrings("a", "b"));
    expect(await committed(run)).toBe("to\na\nb\n");
  });

  test("larger than all buffers are written whole", async () => {
    await using run = await start();
    const values = ["ü".repeat(3_000_000), "b".repeat(5_000_000), "c"];
    await run.put(new TestPartition().appendStrings(...values));
    expect((await committed(run)) === `${values.join("\n")}\n`).toBe(true);
  });

  test("of several tasks share the file", async () => {
    const run = await start({}, 2);
    expect(run.tasks).toHaveLength(2);
    await run.put([
      ...new TestPartition("lines", 0).appendStrings("a", "b"),
      ...new TestPartition("lines", 1).appendStrings("c", "d"),
    ]);
    await run.stop();
    expect((await written()).split("\n").toSorted()).toEqual(["", "a", "b", "c", "d"]);
  });
});

describe("a commit", () => {
  test("covers all that was put", async () => {
    await using run = await start();
    await run.put(new TestPartition("lines").appendStrings("a", "b"));
    expect([...(await run.commit())]).toEqual([[{ topic: "lines", partition: 0 }, 2]]);
  });

  test("is refused when the file was deleted, and allowed once the records are written again", async () => {
    await using run = await start();
    const records = new TestPartition("lines").appendStrings("a", "b");
    await run.put(records);
    await rm(path("out.txt"));
    await expect(run.commit()).rejects.toThrow(
      `File ${path("out.txt")} was deleted while records were written to it`,
    );
    await run.put(records);
    await run.commit();
    expect(await written()).toBe("a\nb\n");
  });

  test("goes on with a new file when the old one was moved away", async () => {
    await using run = await start();
    const partition = new TestPartition("lines");
    await run.put(partition.appendStrings("a"));
    await rename(path("out.txt"), path("out.txt.1"));
    await run.put(partition.appendStrings("b"));
    await run.commit();
    await run.put(partition.appendStrings("c"));
    expect(await committed(run)).toBe("c\n");
    expect(await written("out.txt.1")).toBe("a\nb\n");
  });

  test("goes on with a new file when the old one was deleted after the last commit", async () => {
    await using run = await start();
    const partition = new TestPartition("lines");
    await run.put(partition.appendStrings("a"));
    await run.commit();
    await rm(path("out.txt"));
    await run.commit();
    await run.put(partition.appendStrings("b"));
    expect(await committed(run)).toBe("b\n");
  });
});

describe("what cannot be written to", () => {
  test("is named with the remedy: a full disk, which is worth another try", async () => {
    await using run = await start({ file: "/dev/full" });
    await run.put([sinkRecord({ value: "a" })]);
    expect([...(await run.commit())]).toEqual([]);
    const put = run.tasks[0]?.put([sinkRecord({ value: "b" })], new AbortController().signal);
    const error: unknown = await Promise.resolve(put).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(
      "Could not write to file /dev/full: the disk is full; free some space (ENOSPC)",
    );
    expect(isRetriable(error)).toBe(true);
  });

  test.each([
    ["a folder", "folder", "it is a folder; name a file (EISDIR)"],
    [
      "a folder that does not exist",
      "no/out.txt",
      "its folder does not exist; create it or correct the path (ENOENT)",
    ],
    [
      "a file in place of a folder",
      "plain/out.txt",
      "a part of the path is not a folder; correct the path (ENOTDIR)",
    ],
    ["links in a circle", "circle", "its links lead in a circle; correct them (ELOOP)"],
  ])("is named with the remedy: %s", async (_name, file, message) => {
    await mkdir(path("folder"));
    await writeFile(path("plain"), "");
    await symlink(path("circle"), path("circle"));
    await expect(start({ file: path(file) })).rejects.toMatchObject({
      message: `Couldn't find or create file '${path(file)}' for FileStreamSinkTask`,
      cause: { message: `Could not open for writing file ${path(file)}: ${message}` },
    });
  });
});

test("makes the file when it starts", async () => {
  await using _run = await start();
  expect((await stat(path("out.txt"))).size).toBe(0);
});

test("refuses a format that it does not know", async () => {
  const values = await new FileStreamSinkConnector().validate({ format: "xml" });
  expect(values.flatMap(({ errors }) => errors)).toEqual([
    "Invalid value xml for configuration format: String must be one of: text, json",
  ]);
});
