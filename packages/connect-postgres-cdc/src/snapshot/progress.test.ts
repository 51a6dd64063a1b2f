import { expect, test } from "vitest";
import { ProgressNotes, readSnapshotProgress, writeSnapshotProgress } from "./progress.ts";

test("progress is what was given out, and goes on from what was stored", () => {
  const notes = new ProgressNotes(String(2n ** 32n + 7n), null);
  notes.gaveOut("public.a", { tid: "(0,9)", file: "1" });
  notes.ended("public.a");
  notes.gaveOut("public.b", { tid: "(9,10)", file: "2" });
  const stored = writeSnapshotProgress(notes.progress);
  const progress = readSnapshotProgress(stored);
  expect(progress).toEqual({
    xmin: "4294967303",
    read: ["public.a"],
    reading: { "public.b": { tid: "(9,10)", file: "2" } },
  });

  const later = new ProgressNotes("99999999999", progress);
  expect(later.xmin).toBe("7");
  expect([later.isRead("public.a"), later.isRead("public.b")]).toEqual([true, false]);
  expect(later.goesOn("public.b", "2")).toBe("(9,10)");
  // A row that was changed since and lies before it.
  later.gaveOut("public.b", { tid: "(9,9)", file: "2" });
  expect(later.progress).toEqual(progress);
  later.gaveOut("public.b", { tid: "(10,1)", file: "2" });
  expect(later.progress.reading["public.b"]?.tid).toBe("(10,1)");
});

test("a table whose file was written anew is read from its beginning", () => {
  const reading = { "public.b": { tid: "(9,10)", file: "2" } };
  const notes = new ProgressNotes("1", { xmin: "1", read: [], reading });
  expect(notes.goesOn("public.b", "3")).toBe(null);
  expect(notes.goesOn("public.c", "4")).toBe(null);
  notes.gaveOut("public.b", { tid: "(0,1)", file: "3" });
  expect(notes.progress.reading).toEqual({ "public.b": { tid: "(0,1)", file: "3" } });
});

test.each([
  "",
  "{}",
  "7",
  "null",
  '{"xmin":"a","read":[],"reading":{}}',
  '{"xmin":"1","read":[],"reading":{"a":{"tid":"1\' OR","file":"1"}}}',
])("progress that is none is passed over: %j", (text) => {
  expect(readSnapshotProgress({ snapshot_progress: text })).toBe(null);
});
