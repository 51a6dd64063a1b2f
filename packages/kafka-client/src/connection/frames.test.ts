import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "./frames.ts";

test("frames come out whole, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
      fc.array(fc.nat(500), { maxLength: 30 }),
      (frames, cuts) => {
        const stream = Buffer.concat(
          frames.map((frame) => {
            const size = Buffer.alloc(4);
            size.writeInt32BE(frame.length);
            return Buffer.concat([size, frame]);
          }),
        );
        const read: Buffer[] = [];
        const reader = new FrameReader((frame) => read.push(frame), 1000);
        let from = 0;
        for (const cut of cuts.sort((a, b) => a - b)) {
          reader.push(stream.subarray(from, Math.max(from, cut)));
          from = Math.max(from, Math.min(cut, stream.length));
        }
        reader.push(stream.subarray(from));
        expect(read.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
      },
    ),
  );
});

test.each(["HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x03\x00\x02\x02F", "\xff\xff\xff\xff"])(
  "an answer that is no Kafka is refused: %j",
  (answer) => {
    const reader = new FrameReader(() => {}, 1 << 20);
    expect(() => reader.push(Buffer.from(answer, "latin1"))).toThrow(RangeError);
  },
);
