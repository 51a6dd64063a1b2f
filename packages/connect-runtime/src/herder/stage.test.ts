import { describe, expect, test } from "vitest";
import { Stages } from "./stage.ts";

const START = Date.parse("2026-11-20T11:07:35.128Z");

function stagesAt(startMs: number): { stages: Stages; pass: (ms: number) => void } {
  let now = startMs;
  return { stages: new Stages(() => now), pass: (ms) => (now += ms) };
}

describe("what a herder is doing", () => {
  test("is told while it lasts, as the recorded worker told it", async () => {
    const { stages, pass } = stagesAt(START);
    await stages.run("ensuring membership in the cluster", () => {
      pass(60_000);
      expect(stages.summary()).toBe(
        "The worker is currently ensuring membership in the cluster, which began at 2026-11-20T11:07:35.128Z.",
      );
    });
  });

  test("is told as the last thing when it is over, whole seconds as Java writes them", async () => {
    const { stages, pass } = stagesAt(Date.parse("2026-11-20T11:07:35Z"));
    await stages.run("a", () => undefined);
    await stages.run("reading to the end of the config topic", () => pass(1_100));
    expect(stages.summary()).toBe(
      "The last operation the worker completed was reading to the end of the config topic, which began at 2026-11-20T11:07:35Z and completed at 2026-11-20T11:07:36.100Z.",
    );
  });

  test("is nothing before anything was done", () => {
    expect(stagesAt(START).stages.summary()).toBeUndefined();
  });

  test("is the stage around one that has ended", async () => {
    const { stages } = stagesAt(START);
    await stages.run("outer", async () => {
      await stages.run("inner", () => expect(stages.current?.description).toBe("inner"));
      expect(stages.current).toMatchObject({ description: "outer", completedMs: undefined });
    });
    expect(stages.current).toMatchObject({ description: "outer", completedMs: START });
  });

  test("is over when it fails, and the failure and the result get out", async () => {
    const { stages } = stagesAt(START);
    const failing = stages.run("failing", async () => {
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(stages.current).toMatchObject({ description: "failing", completedMs: START });
    expect(await stages.run("counting", async () => 3)).toBe(3);
  });
});

describe("a request that waits for a herder", () => {
  test("is told what it waits for when the time is over", async () => {
    const { stages } = stagesAt(START);
    let finish = () => undefined as void;
    const work = stages.run("starting connectors", () => new Promise<void>((r) => (finish = r)));
    await expect(stages.within(new Promise(() => undefined), 1)).rejects.toThrow(
      /^Request timed out\. The worker is currently starting connectors, which began at 2026-11-20T11:07:35\.128Z\.$/,
    );
    finish();
    await work;
    expect(await stages.within(Promise.resolve("answer"), 60_000)).toBe("answer");
  });

  test("is told that much where no stage is known", async () => {
    const { stages } = stagesAt(START);
    await expect(stages.within(new Promise(() => undefined), 1)).rejects.toThrow(
      /^Request timed out$/,
    );
  });
});
