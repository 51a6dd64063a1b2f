import * as fc from "fast-check";
import { expect, test } from "vitest";
import { familyOf, mayBeCopy, taskOf } from "./family.ts";
import { fingerprintOf, FULL_BYTES, guardAt, isFull, matches } from "./fingerprint.ts";
import { beforeText, checkAlteredOffsets, fileText, storedOffset } from "./offset.ts";

const BYTES = fc.uint8Array({ maxLength: 2 * FULL_BYTES }).map((bytes) => Buffer.from(bytes));

test("a file that grows keeps matching what was read of it", () => {
  fc.assert(
    fc.property(BYTES, BYTES, fc.nat(), (file, more, read) => {
      const fingerprint = fingerprintOf(file, read % (file.length + 1));
      expect(matches(fingerprint, Buffer.concat([file, more]))).toBe(true);
    }),
  );
});

test("a file that begins differently, or is shorter than what was read, does not match", () => {
  fc.assert(
    fc.property(BYTES, fc.nat(), (file, at) => {
      fc.pre(file.length > 0);
      const fingerprint = fingerprintOf(file);
      const other = Buffer.from(file);
      other[at % fingerprint.bytes]! ^= 1;
      expect(matches(fingerprint, other)).toBe(false);
      expect(matches(fingerprint, file.subarray(0, fingerprint.bytes - 1))).toBe(false);
    }),
  );
});

test("it grows with what was read, up to its full length", () => {
  const file = Buffer.alloc(2000, "x");
  expect(fingerprintOf(file, 10).bytes).toBe(10);
  expect(isFull(fingerprintOf(file, FULL_BYTES - 1))).toBe(false);
  expect(isFull(fingerprintOf(file))).toBe(true);
});

const HASH = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((number) => number.toString(16).padStart(16, "0"));
const FILE = fc.record({
  inode: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String),
  fingerprint: fc.record({ bytes: fc.integer({ min: 0, max: FULL_BYTES }), hash: HASH }),
  guard: fc.option(
    fc.record({ position: fc.nat(), crc: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  ),
  version: fc.constantFrom(null, "12-1700000000000000000"),
  position: fc.nat(),
});

test("offsets are read as they were written", () => {
  fc.assert(
    fc.property(FILE, fc.array(FILE, { maxLength: 3 }), (file, before) => {
      const { position, ...identity } = file;
      const offset = { position, file: fileText(file), before: beforeText(before) };
      expect(storedOffset("/a", offset)).toEqual({ position, file: identity, before });
      checkAlteredOffsets(new Map([[{ path: "/a" }, offset]]));
    }),
  );
});

test.each([
  [{ position: "1" }],
  [{ position: -1 }],
  [{ position: 1, file: "x" }],
  [{ position: 1, before: "x" }],
  [{}],
])("%j is no offset", (offset) => {
  expect(() => storedOffset("/a", offset)).toThrow("none of this connector");
});

test("an operator may give a position alone", () => {
  expect(storedOffset("/a", { position: 7 })).toEqual({ position: 7, file: null, before: [] });
  const alter = (partition: object | null, offset: object | null) => () =>
    checkAlteredOffsets(new Map([[partition as never, offset as never]]));
  expect(alter({ path: "/a" }, { position: 7n })).not.toThrow();
  expect(alter(null, null)).not.toThrow();
  expect(alter({ filename: "/a" }, { position: 7 })).toThrow('{"path": "/a/file"}');
  expect(alter({ path: "/a" }, { position: 1.5 })).toThrow("should be an integer");
  expect(alter({ path: "/a" }, { position: -1 })).toThrow("non-negative");
  expect(alter({ path: "/a" }, { position: 1, file: "x" })).toThrow("stored");
});

test("a guard tells what stands before a position", () => {
  expect(guardAt(3, Buffer.from("abc"))).toEqual(guardAt(3, Buffer.from("abc")));
  expect(guardAt(3, Buffer.from("abd")).crc).not.toBe(guardAt(3, Buffer.from("abc")).crc);
});

test.each([
  "app.log.1",
  "app.log.12.gz",
  "app.log-20261127",
  "app.log-20261127.gz",
  "app.log.2026-11-27",
  "app.2026-11-27.log",
  "app-2026-11-27-1015.log.zst",
  "app.log.2026-11-27.3",
])("%s is of the family app.log", (name) => {
  expect(familyOf(`/logs/${name}`)).toBe("/logs/app.log");
});

test.each(["app2.log", "part-00017.csv", "app.log.bak", "a.1b"])(
  "%s is a family of its own",
  (name) => {
    expect(familyOf(`/logs/${name}`)).toBe(`/logs/${name}`);
  },
);

test("what a file is called when it is rotated stays with its task", () => {
  const NAME = fc.stringMatching(/^[a-z]{1,8}\.(log|txt)$/);
  const SUFFIX = fc.constantFrom(".1", ".27", "-20261127", ".gz", ".2026-11-27.1.gz");
  fc.assert(
    fc.property(NAME, SUFFIX, fc.integer({ min: 1, max: 20 }), (name, suffix, tasks) => {
      const task = taskOf(familyOf(`/a/${name}`), tasks);
      expect(taskOf(familyOf(`/a/${name}${suffix}`), tasks)).toBe(task);
      expect(task).toBeLessThan(tasks);
    }),
  );
});

test("only another name of a file that keeps its own can be its copy", () => {
  expect(mayBeCopy("/a/app.log.1", "/a/app.log")).toBe(true);
  expect(mayBeCopy("/a/app.log", "/a/app.log")).toBe(false);
  expect(mayBeCopy("/a/app-2026-11-28.log", "/a/app-2026-11-27.log")).toBe(false);
  expect(mayBeCopy("/a/app-2026-11-27.log.gz", "/a/app-2026-11-27.log")).toBe(true);
});
