import { randomUUID } from "node:crypto";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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

export const manyFilesSource: SourceDriver = {
  kind: "source",
  class: "millrace.file.FileSourceConnector",
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
    let files = 0;
    return {
      props: { paths: `${folder}/*.log`, topic: "lines", "scan.interval.ms": "50" },
      write: async (count) => {
        const [first, rest] = [1, count - 1];
        for (const lines of [first, rest]) {
          const text = Array.from({ length: lines }, () => `${randomUUID()} 🚂 ü\n`).join("");
          await appendFile(join(folder, `${(files += 1)}.log`), text);
        }
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};

export const manyFilesSink: SinkDriver = {
  kind: "sink",
  class: "millrace.file.FileSinkConnector",
  idempotent: true,
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
    return {
      props: {
        folder: `${folder}/\${topic}`,
        format: "text",
        topics: "lines",
        "rotate.interval.ms": "20",
      },
      record: (i) => ({ valueSchema: STRING_SCHEMA, value: `line ${i} 🚂` }),
      identify: (record) => String(record.value),
      read: async () => {
        const names = await readdir(join(folder, "lines"));
        const texts = await Promise.all(
          names.map((name) => readFile(join(folder, "lines", name), "utf8")),
        );
        return texts.flatMap((text) => text.split("\n").slice(0, -1));
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};
