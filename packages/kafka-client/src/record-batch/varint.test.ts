import * as fc from "fast-check";
import { expect, test } from "vitest";
import { varint } from "../../test/support/batch-builder.ts";
import { readVarint, readVarlong, varintEnd } from "./varint.ts";

test("every 32-bit varint reads back, and tells where it ended", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(3), (value, padding) => {
      const bytes = varint(BigInt(value));
      const buffer = Buffer.concat([Buffer.alloc(padding, 0xff), bytes, Buffer.alloc(2, 0xff)]);
      expect(readVarint(buffer, padding)).toBe(value);
      expect(varintEnd).toBe(padding + bytes.length);
      expect(readVarlong(buffer, padding)).toBe(value);
      expect(varintEnd).toBe(padding + bytes.length);
    }),
  );
});

test.each([0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 40 + 1, -(2 ** 40) - 1, 2 ** 52 - 1, -(2 ** 52)])(
  "varlong %d reads back exactly",
  (value) => {
    const bytes = varint(BigInt(value));
    expect(readVarlong(bytes, 0)).toBe(value);
    expect(varintEnd).toBe(bytes.length);
  },
);

test("a varint cut off at the end of the buffer ends behind it", () => {
  readVarint(Buffer.from([0x80, 0x80]), 0);
  expect(varintEnd).toBeGreaterThan(2);
});
