import { randomUUID } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STRING_SCHEMA } from "@millrace/connect-api";
import type { SinkDriver, SourceDriver } from "@millrace/connect-testkit/conformance";

export const fileSource: SourceDriver = {
  kind: "source",
  class: "org.apache.kafka.connect.file.FileStreamSourceConnector",
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
    const file = join(folder, "in.txt");
    await appendFile(file, "");
    return {
      props: { file, topic: "lines" },
      write: (count) =>
        appendFile(file, Array.from({ length: count }, () => `${randomUUID()} 🚂 ü\n`).join("")),
      close: () => rm(folder, { recursive: true }),
    };
  },
};

export const fileSink: SinkDriver = {
  kind: "sink",
  class: "org.apache.kafka.connect.file.FileStreamSinkConnector",
  idempotent: false,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
    const file = join(folder, "out.txt");
    return {
      props: { file, topics: "lines" },
      record: (i) => ({ valueSchema: STRING_SCHEMA, value: `line ${i} 🚂` }),
      identify: (record) => String(record.value),
      read: async () => (await readFile(file, "utf8")).split("\n").slice(0, -1),
      close: () => rm(folder, { recursive: true }),
    };
  },
};
