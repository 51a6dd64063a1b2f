// Puts two records through a sink task without file.
import { startSink, TestPartition } from "@millrace/connect-testkit";
import { FileStreamSinkConnector } from "../../src/index.ts";

await using run = await startSink(FileStreamSinkConnector, { topics: "lines" });
await run.put(new TestPartition("lines").appendStrings("eins 🚂", "zwei"));
await run.commit();
