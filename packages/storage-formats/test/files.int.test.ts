import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AVRO_DATA_CONFIG } from "@millrace/avro-data";
import { parseConfig } from "@millrace/connect-api";
import { pythonPackages } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  AVRO_CODECS,
  AvroFileFormat,
  PARQUET_CODECS,
  ParquetFormat,
  type RecordFormat,
  valueOf,
} from "../src/index.ts";
import { EDGE_ROWS, EDGE_ROWS_PRINTED, EDGES } from "./edge-table.ts";
import { MemorySink, record } from "./records.ts";

/** Rows of the edge table, over and over, so that there are several blocks and row groups. */
const ROUNDS = 500;
const ROW_GROUP_BYTES = 100_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, format: RecordFormat, rounds: number): Promise<string> {
  const sink = new MemorySink();
  const file = format.open(EDGES, sink);
  for (let i = 0; i < rounds; i++) {
    for (const value of EDGE_ROWS) file.write(valueOf(record({ valueSchema: EDGES, value })));
  }
  await file.finish();
  const path = join(folder, `${name}${format.extension}`);
  await writeFile(path, sink.bytes);
  return path;
}

test("every value of every type is what readers of other makers find", async () => {
  const parquet = PARQUET_CODECS.map((codec) =>
    fileOf(codec, new ParquetFormat(codec, ROW_GROUP_BYTES), ROUNDS),
  );
  const config = parseConfig(AVRO_DATA_CONFIG, { "enhanced.avro.schema.support": "true" });
  const avro = AVRO_CODECS.map((codec) => fileOf(codec, new AvroFileFormat(codec, config), ROUNDS));
  const paths = await Promise.all([...parquet, ...avro]);
  const { command, env } = await pythonPackages("file-readers-1", [
    "pyarrow==26.0.1",
    "duckdb==2.0.1",
    "fastavro==1.13.1",
    "cramjam==2.14.0",
    "backports.zstd==1.8.0",
  ]);
  const program = `${import.meta.dirname}/programs/read_files.py`;
  const { stdout } = await promisify(execFile)(command, [program, ...paths], {
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 30,
  });
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { reader: string; rows: unknown[] });
  expect(answers.length).toBe(2 * PARQUET_CODECS.length + AVRO_CODECS.length);
  const last = EDGE_ROWS_PRINTED.length;
  for (const { rows } of answers) {
    expect(rows.length).toBe(ROUNDS * last);
    expect(rows.slice(0, last)).toEqual(EDGE_ROWS_PRINTED);
    expect(rows.slice(-last)).toEqual(EDGE_ROWS_PRINTED);
    // All rounds are the same; comparing them as text is quick.
    const rounds = Array.from({ length: ROUNDS }, (_, i) =>
      JSON.stringify(rows.slice(i * last, (i + 1) * last)),
    );
    expect(new Set(rounds).size).toBe(1);
  }
});
