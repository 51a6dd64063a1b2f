import { expect, it } from "vitest";
import { ACTIONS, type ActionName } from "../src/soak/chaos.ts";
import { reportText } from "../src/soak/report.ts";
import { soak } from "../src/soak/soak.ts";

it("three workers lose nothing while all kinds of things happen to them", async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  console.log(`pnpm soak --minutes 3 --seed ${seed} does the same again`);
  const report = await soak({
    kind: "millrace",
    workers: 3,
    durationMs: 180_000,
    seed,
    recordsPerSecond: 50,
    actions: Object.keys(ACTIONS) as ActionName[],
    say: console.log,
  });
  console.log(reportText(report));
  expect(report.verdict.losses).toEqual([]);
  expect(report.complaints).toEqual([]);
});
