import { expect, test } from "vitest";
import { HEADER_LENGTH, MessageSplitter, readError, readRowDescription } from "./wire.ts";

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.write(type);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const bodies = ["", "a", "bc", "x".repeat(300), ""];
const stream = Buffer.concat(bodies.map((body) => message("D", Buffer.from(body))));

test.each([1, 2, 3, 4, 5, 6, 7, 100, 305, stream.length])(
  "messages come whole out of chunks of %d bytes",
  (size) => {
    const seen: string[] = [];
    const splitter = new MessageSplitter((type, bytes, start, end) => {
      expect(String.fromCharCode(type)).toBe("D");
      seen.push(bytes.toString("utf8", start, end));
    });
    for (let at = 0; at < stream.length; at += size) splitter.push(stream.subarray(at, at + size));
    expect(seen).toEqual(bodies);
  },
);

test("a message within a chunk is not copied", () => {
  const chunk = message("T", Buffer.from("body"));
  let given: Buffer | undefined;
  new MessageSplitter((_, bytes) => {
    given = bytes;
  }).push(chunk);
  expect(given).toBe(chunk);
});

test("an error's fields are read by their letters", () => {
  const body = Buffer.from("SFEHLER\0VERROR\0C42P01\0Mrelation does not exist\0Hlook again\0\0");
  const error = readError(body, 0);
  expect(error).toMatchObject({
    severity: "ERROR",
    code: "42P01",
    message: "relation does not exist",
    hint: "look again",
  });
});

test("a row description names each column with its type", () => {
  const field = Buffer.alloc(18);
  field.writeUInt32BE(16_390, 0);
  field.writeInt16BE(3, 4);
  field.writeUInt32BE(1700, 6);
  field.writeInt16BE(-1, 10);
  field.writeInt32BE(786_438, 12);
  const body = Buffer.concat([
    Buffer.from([0, 2]),
    Buffer.from("preis €\0"),
    field,
    Buffer.from("b\0"),
    field,
  ]);
  const price = { tableOid: 16_390, columnNumber: 3, typeOid: 1700, typeModifier: 786_438 };
  expect(readRowDescription(body, 0)).toEqual([
    { name: "preis €", ...price },
    { name: "b", ...price },
  ]);
});
