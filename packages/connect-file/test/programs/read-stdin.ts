// Prints the lines of its standard input as JSON, read by a task in the main thread or,
// with the argument `thread`, in a worker thread. Ends a while after the last line.
import { isMainThread, Worker } from "node:worker_threads";
import { startSource } from "@millrace/connect-testkit";
import { FileStreamSourceConnector } from "../../src/index.ts";

const QUIET_MS = 1_500;

if (isMainThread && process.argv[2] === "thread") {
  const worker = new Worker(new URL(import.meta.url));
  worker.on("error", (error) => {
    console.log(JSON.stringify({ error: error.message }));
  });
} else {
  await using run = await startSource(FileStreamSourceConnector, { topic: "lines" });
  const records = await run.takeFor(QUIET_MS);
  await run.commit();
  const lines = records.map(({ value, sourcePartition, sourceOffset }) => ({
    value,
    sourcePartition,
    sourceOffset,
  }));
  console.log(JSON.stringify({ lines, offsets: [...run.offsets].length }));
}
