import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startJavaConnect } from "./java-connect.ts";
import { sharedKafka } from "./shared.ts";

const STRING = "org.apache.kafka.connect.storage.StringConverter";

it("runs the file connectors", async () => {
  const groupId = `java-${randomUUID()}`;
  await using worker = await startJavaConnect({ bootstrapServers: await sharedKafka(), groupId });
  const [input, output] = [join(worker.folder, "in"), join(worker.folder, "out")];
  await writeFile(input, "a line\n");
  const strings = { "key.converter": STRING, "value.converter": STRING };
  await worker.client.create("source", {
    "connector.class": "FileStreamSource",
    file: input,
    topic: groupId,
    ...strings,
  });
  await worker.client.waitFor("source", "RUNNING", 60_000);
  await worker.client.create("sink", {
    "connector.class": "FileStreamSink",
    file: output,
    topics: groupId,
    ...strings,
  });
  await worker.client.waitFor("sink", "RUNNING", 60_000);
  expect([...(await worker.client.statuses()).keys()].sort()).toEqual(["sink", "source"]);
  const written = () => readFile(output, "utf8").catch(() => "");
  while (!(await written()).startsWith("a line\n")) await sleep(50);
});
