import { BatchCursor } from "../../../../packages/kafka-client/src/record-batch/batch-cursor.ts";
import { BatchEncoder } from "../../../../packages/kafka-client/src/record-batch/encode.ts";
import type { RecordHeader } from "../../../../packages/kafka-client/src/types.ts";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";
import { COUNT, texts } from "./data.ts";

interface Shape {
  readonly name: string;
  readonly valueBytes: number;
  readonly keyed: boolean;
  readonly headers: readonly RecordHeader[] | null;
}

const HEADERS: readonly RecordHeader[] = [
  { key: "trace-id", value: "4bf92f3577b34da6a3ce929d0e0e4736" },
  { key: "source", value: Buffer.from("orders") },
];

const SHAPES: readonly Shape[] = [100, 1024].flatMap((valueBytes) => {
  const size = valueBytes === 1024 ? "1 KB" : `${valueBytes} B`;
  return [
    { name: size, valueBytes, keyed: false, headers: null },
    { name: `${size} with key`, valueBytes, keyed: true, headers: null },
    { name: `${size} with key and headers`, valueBytes, keyed: true, headers: HEADERS },
  ];
});

const NO_PRODUCER = { producerId: -1, epoch: -1, baseSequence: -1, transactional: false };
const NO_LIMIT = 1 << 24;
const TIMESTAMP_MS = 1_700_000_000_000;

/** Whole batches, checksum included: what the producer writes and the fetcher reads. */
export const RECORD_BATCH_BENCHMARKS: readonly MicroBenchmark[] = SHAPES.flatMap((shape) => [
  { name: `batch/encode strings ${shape.name}`, prepare: () => encoding(shape, (text) => text) },
  {
    name: `batch/encode bytes ${shape.name}`,
    prepare: () => encoding(shape, (text) => Buffer.from(text)),
  },
  { name: `batch/decode ${shape.name}`, prepare: () => decoding(shape) },
]);

/** Gives the same memory again and again, as the producer's pool does. */
class OneBuffer {
  readonly #buffer = Buffer.alloc(COUNT * 2048);

  take(): Buffer {
    return this.#buffer;
  }

  give(): void {}
}

function encoding(shape: Shape, form: (text: string) => string | Buffer): Prepared {
  const values = texts(shape.valueBytes).map(form);
  const keys = shape.keyed ? texts(16).map(form) : values.map(() => null);
  const memory = new OneBuffer();
  const run = (): Buffer => {
    const encoder = new BatchEncoder(memory, 0);
    for (let i = 0; i < COUNT; i++) {
      encoder.append(TIMESTAMP_MS, keys[i]!, values[i]!, shape.headers, NO_LIMIT);
    }
    return encoder.stamp("none", NO_PRODUCER);
  };
  return { operations: COUNT, bytes: run().length, run: () => keep(run()) };
}

/** Every value as text, as StringConverter wants it. */
function decoding(shape: Shape): Prepared {
  const encoder = new BatchEncoder(new OneBuffer(), 0);
  const keys = texts(16);
  texts(shape.valueBytes).forEach((value, i) => {
    encoder.append(TIMESTAMP_MS, shape.keyed ? keys[i]! : null, value, shape.headers, NO_LIMIT);
  });
  const buffer = encoder.stamp("none", NO_PRODUCER);
  const data = { topic: "t", partition: 0, buffer, start: 0, end: buffer.length, aborted: null };
  return {
    operations: COUNT,
    bytes: buffer.length,
    run() {
      const records = new BatchCursor(data, 0, true).next(COUNT)!;
      for (let i = 0; i < records.length; i++) {
        if (shape.keyed) keep(records.keyText(i));
        if (shape.headers !== null) keep(records.headers(i));
        keep(records.valueText(i));
      }
    },
  };
}
