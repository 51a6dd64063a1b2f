import { describe, expect, test } from "vitest";
import { BEGIN, END, withTables } from "./document.ts";
import type { ResultLine } from "./results.ts";

const RUN: ResultLine = {
  kind: "run",
  command: "pnpm bench --reps 3",
  quick: false,
  environment: {
    date: "2026-11-26",
    commit: "abc1234",
    node: "24.21.0",
    kafka: "4.3.1",
    java: "17.0.15",
    cpu: "Some CPU",
    cores: 2,
    memoryGb: 23,
    mode: "standalone",
  },
};
const FIGURE: ResultLine = {
  kind: "scenario",
  scenario: "tasks",
  figure: "rate of two tasks ÷ of one",
  value: 1.71,
  digits: 2,
  unit: "",
  bar: "rate of two tasks ÷ of one",
};
const PAGE = `# Title\n\nProse.\n\n${BEGIN}\nold\n${END}\n\nMore prose.\n`;

describe("the document's tables", () => {
  test("take the place of the old ones; the prose stays", () => {
    const page = withTables(PAGE, [RUN, FIGURE]);
    expect(page.startsWith(`# Title\n\nProse.\n\n${BEGIN}\n`)).toBe(true);
    expect(page.endsWith(`${END}\n\nMore prose.\n`)).toBe(true);
    expect(page).not.toContain("old");
    expect(page).toContain("| tasks | rate of two tasks ÷ of one | 1.71 |  | ≥ 1.6 | met |");
    expect(page).toContain("`pnpm bench --reps 3` on 2026-11-26, commit abc1234: Node 24.21.0");
  });

  test("written twice are the same", () => {
    const page = withTables(PAGE, [RUN, FIGURE]);
    expect(withTables(page, [RUN, FIGURE])).toBe(page);
  });

  test("show the newest of a figure that was measured again", () => {
    const page = withTables(PAGE, [RUN, FIGURE, { ...FIGURE, value: 1.4 }]);
    expect(page).toContain("| 1.40 |  | ≥ 1.6 | missed |");
    expect(page).not.toContain("1.71");
  });

  test("need their markers", () => {
    expect(() => withTables("# Title\n", [RUN])).toThrow(BEGIN);
  });

  test("a bar that does not exist is a mistake in a scenario", () => {
    expect(() => withTables(PAGE, [RUN, { ...FIGURE, bar: "speed" }])).toThrow('no bar "speed"');
  });
});
