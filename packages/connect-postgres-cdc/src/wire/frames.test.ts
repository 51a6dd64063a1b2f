import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Frames } from "./frames.ts";

function message(type: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes[0] = type;
  bytes.writeInt32BE(4 + body.length, 1);
  bytes.set(body, 5);
  return bytes;
}

const messages = fc.array(
  fc.record({ type: fc.integer({ min: 65, max: 122 }), body: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 20 },
);

/** Cuts bytes into chunks of these lengths, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + lengths[i % lengths.length]!;
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

test("messages come out as they went in, however they were cut and however often one is put back", () => {
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      (sent, lengths, backs) => {
        const frames = new Frames();
        const received: { type: number; body: Uint8Array }[] = [];
        let i = 0;
        const bytes = Buffer.concat(sent.map(({ type, body }) => message(type, body)));
        for (const chunk of cut(bytes, lengths)) {
          frames.push(chunk);
          while (frames.next()) {
            if (backs[i++ % backs.length]) {
              frames.back();
              if (!frames.next()) throw new Error("What was put back is not there");
            }
            const body = Uint8Array.from(frames.bytes.subarray(frames.start, frames.end));
            received.push({ type: frames.type, body });
          }
        }
        expect(received).toEqual(
          sent.map(({ type, body }) => ({ type, body: Uint8Array.from(body) })),
        );
        expect(frames.size).toBe(0);
      },
    ),
  );
});

test("a message that has not arrived whole says how many bytes it needs", () => {
  const frames = new Frames();
  const whole = message(68, new Uint8Array(100));
  frames.push(whole.subarray(0, 3));
  expect([frames.next(), frames.needed, frames.size]).toEqual([false, 5, 3]);
  frames.push(whole.subarray(3, 50));
  expect([frames.next(), frames.needed, frames.size]).toEqual([false, 105, 50]);
});
