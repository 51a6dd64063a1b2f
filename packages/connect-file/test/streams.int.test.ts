import { execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, promisify } from "node:util";
import { STRING_SCHEMA } from "@millrace/connect-api";
import { sinkRecord, startSink } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { FileStreamSinkConnector } from "../src/sink/connector.ts";
import { temporaryFolder } from "./temp-folder.ts";

const path = temporaryFolder();
const PROGRAMS = `${import.meta.dirname}/programs`;
const FROM_SOURCE = "--conditions=@millrace/source";

/** Runs a program under a shell command that mentions it as `"$@"`. */
async function shell(command: string, program: string, ...args: string[]): Promise<string> {
  const node = [process.execPath, FROM_SOURCE, `${PROGRAMS}/${program}`, ...args];
  const { stdout } = await promisify(execFile)("bash", ["-c", command, "bash", ...node]);
  return stdout;
}

const EXPECTED = {
  lines: ["a", "b 🚂", "unfinished"].map((value) => ({
    value,
    sourcePartition: { filename: null },
    sourceOffset: null,
  })),
  offsets: 0,
};

describe("without file the source reads the standard input", () => {
  test.each([[[]], [["thread"]]])("from a pipe (%j)", async (args) => {
    const command = String.raw`printf 'a\nb 🚂\r\nunfinished' | "$@"`;
    expect(JSON.parse(await shell(command, "read-stdin.ts", ...args))).toEqual(EXPECTED);
  });

  test.each([[[]], [["thread"]]])("from a file (%j)", async (args) => {
    await writeFile(path("in.txt"), "a\nb 🚂\nunfinished");
    const command = `"$@" < ${path("in.txt")}`;
    expect(JSON.parse(await shell(command, "read-stdin.ts", ...args))).toEqual(EXPECTED);
  });

  test("as lines come, one after the other", async () => {
    const program = spawn(process.execPath, [FROM_SOURCE, `${PROGRAMS}/read-stdin.ts`], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const output = text(program.stdout);
    for (const part of ["a", "\nb 🚂", "\nunfinished"]) {
      program.stdin.write(part);
      await sleep(50);
    }
    program.stdin.end();
    expect(JSON.parse(await output)).toEqual(EXPECTED);
  });
});

test("a worker thread cannot open a standard input that is a socket, and says so", async () => {
  // Node gives its children sockets for pipes.
  const program = spawn(process.execPath, [FROM_SOURCE, `${PROGRAMS}/read-stdin.ts`, "thread"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { error } = JSON.parse(await text(program.stdout)) as { error: string };
  expect(error).toContain("Could not open the standard input in this task's thread");
});

test("without file the sink writes to the standard output", async () => {
  expect(await shell(`"$@"`, "write-stdout.ts")).toBe("eins 🚂\nzwei\n");
});

test("lines that the disk had no room for are written once it has, and none twice", async () => {
  const file = path("out.txt");
  // bash counts in KiB: the limit falls into the second line.
  const said = await shell(`ulimit -S -f 1; "$@"`, "write-until-limit.ts", file);
  expect(said).toContain(`Could not write to file ${file}`);
  const [a, b] = ["a".repeat(900), "b".repeat(900)];
  expect((await readFile(file, "utf8")).split("\n")).toEqual([a, b, a, b, ""]);
});

describe("a named pipe", () => {
  const start = () =>
    startSink(FileStreamSinkConnector, { file: path("pipe"), topics: "lines" }, { maxTasks: 1 });

  test("that nobody reads is refused at once", async () => {
    await promisify(execFile)("mkfifo", [path("pipe")]);
    await expect(start()).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/pipe: it is a named pipe that nobody reads.*ENXIO/),
      },
    });
  });

  test("gets the lines as fast as its reader takes them", async () => {
    await promisify(execFile)("mkfifo", [path("pipe")]);
    const reader = spawn("bash", [
      "-c",
      `sleep 0.1; exec < "$1"; sleep 0.3; wc -l`,
      "bash",
      path("pipe"),
    ]);
    const counted = text(reader.stdout);
    {
      await using run = await untilRead(start);
      const value = "x".repeat(1_000);
      await run.put(
        Array.from({ length: 1_000 }, (_, kafkaOffset) =>
          sinkRecord({ valueSchema: STRING_SCHEMA, value, kafkaOffset }),
        ),
      );
    }
    expect(Number(await counted)).toBe(1_000);
  });
});

/** Until the reader has opened the pipe it is refused. */
async function untilRead<T>(start: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!inspect(error).includes("ENXIO")) throw error;
      await sleep(20);
    }
  }
}
