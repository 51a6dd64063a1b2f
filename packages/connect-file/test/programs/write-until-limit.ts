// Puts a batch under a limit on the file size, lifts the limit, and puts another one: what a
// disk that is full for a while does to a task.
import { execFileSync } from "node:child_process";
import { startSink, TestPartition } from "@millrace/connect-testkit";
import { FileStreamSinkConnector } from "../../src/index.ts";

const [file = ""] = process.argv.slice(2);
const records = new TestPartition("lines").appendStrings("a".repeat(900), "b".repeat(900));
await using run = await startSink(FileStreamSinkConnector, { file, topics: "lines" });
const [task] = run.tasks;
const signal = new AbortController().signal;
await run.put(records);
await run.commit();
try {
  await task?.put(records, signal);
} catch (error) {
  console.log(String(error));
}
execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
await task?.put(records, signal);
await run.commit();
