import { expect, test } from "vitest";
import { sizesTable } from "./sizes.ts";

test("megabytes are rounded up", () => {
  const table = sizesTable([
    { what: "@millrace/connect-file", bytes: 1_000_001, onDisk: 4e6 },
    { what: "all", bytes: 1, onDisk: 4096 },
  ]);
  expect(table).toBe(
    "| | MB of files | MB on disk |\n|---|---|---|\n| connect-file | 2 | 4 |\n| all | 1 | 1 |",
  );
});
