import { describe, expect, test } from "vitest";
import { compareAll } from "./compare.ts";
import type { RunLine, StartupLine, ThroughputLine } from "./results.ts";

function measured(worker: "ours" | "java", rate: number, cpuMicros = 1): ThroughputLine {
  return {
    kind: "throughput",
    worker,
    benchmark: "file-source",
    converter: "string",
    records: 1000,
    rate,
    steadyRate: rate,
    cpuMicros,
    peakRssMb: 100,
    otherCpuSeconds: 0,
  };
}

function started(worker: "ours" | "java", mode: string, upSeconds: number): StartupLine {
  return {
    kind: "startup",
    worker,
    mode,
    plugins: "all",
    upSeconds,
    cpuSeconds: 1,
    idleRssMb: 100,
    stopSeconds: 0,
  };
}

function run(quick: boolean): RunLine {
  const environment = {
    date: "2026-11-26",
    commit: "abc1234",
    node: "24.21.0",
    kafka: "4.3.1",
    java: "17",
    cpu: "Some CPU",
    cores: 2,
    memoryGb: 23,
    mode: "standalone",
  };
  return { kind: "run", command: "pnpm bench", quick, environment };
}

describe("comparison", () => {
  test("holds the medians of both against the bar", () => {
    const [rate, cpu, rss] = compareAll([
      measured("ours", 900),
      measured("java", 300, 4),
      measured("ours", 500),
      measured("java", 200, 4),
      measured("ours", 600),
      measured("java", 250, 4),
    ]);
    expect(rate).toMatchObject({ subject: "file-source string", ratio: 600 / 250, met: false });
    expect(cpu).toMatchObject({ ratio: 0.25, met: true });
    expect(rss).toMatchObject({ ratio: 1, met: false });
  });

  test("of one worker alone has no ratio, and meets nothing", () => {
    const [rate] = compareAll([measured("ours", 900)]);
    expect(rate?.ours?.median).toBe(900);
    expect(rate).toMatchObject({ java: undefined, ratio: undefined, met: undefined });
  });

  test("of a quick run is not judged, and gives way to that of a full one", () => {
    const quick = [run(true), measured("ours", 900), measured("java", 300)];
    expect(compareAll(quick)[0]).toMatchObject({ ratio: 3, met: undefined });
    const both = [...quick, run(false), measured("ours", 500), measured("java", 100)];
    expect(compareAll(both)[0]).toMatchObject({ ratio: 5, met: true });
    expect(compareAll(both)[0]?.ours?.count).toBe(1);
  });

  test("the bar of start-up is for Java's distributed mode; its other mode stands apart", () => {
    const all = compareAll([
      started("ours", "standalone", 1),
      started("java", "distributed", 10),
      started("java", "standalone", 4),
    ]);
    expect(all.map(({ subject, ratio }) => [subject, ratio])).toEqual([
      ["start-up, all plugins", 0.1],
      ["start-up, all plugins", 1],
      ["start-up, all plugins (Java standalone)", undefined],
      ["start-up, all plugins (Java standalone)", undefined],
    ]);
  });
});
