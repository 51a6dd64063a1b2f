import { describe, expect, it } from "vitest";
import { Interrupted } from "../errors/interrupted.ts";
import { TaskLife } from "./life.ts";
import { runTask } from "./run-task.ts";
import { pauseGate } from "./pause-gate.ts";

const states = () => {
  const seen: string[] = [];
  return {
    seen,
    report: (state: string, trace?: string) =>
      void seen.push(trace ? `${state} ${trace.split("\n")[0]}` : state),
  };
};

describe("a task's life", () => {
  it("runs, pauses, goes on and ends", async () => {
    const life = new TaskLife("STARTED");
    const { seen, report } = states();
    let rounds = 0;
    const ended = runTask(
      life,
      async (reportState) => {
        reportState("RUNNING");
        while (!life.stopping.aborted) {
          await pauseGate(life, reportState);
          rounds++;
          await new Promise((resolve) =>
            life.callSignal().addEventListener("abort", resolve, { once: true }),
          );
        }
      },
      report,
    );
    await Promise.resolve();
    life.setTargetState("PAUSED");
    await new Promise(setImmediate);
    life.setTargetState("STARTED");
    await new Promise(setImmediate);
    life.stop();
    await ended;
    expect(seen).toEqual(["RUNNING", "PAUSED", "RUNNING", "UNASSIGNED"]);
    expect(rounds).toBe(2);
  });

  it("waits to start while it is created paused", async () => {
    const life = new TaskLife("PAUSED");
    const { seen, report } = states();
    const ended = runTask(life, async (reportState) => reportState("RUNNING"), report);
    await new Promise(setImmediate);
    expect(seen).toEqual(["PAUSED"]);
    life.setTargetState("STARTED");
    await ended;
    expect(seen).toEqual(["PAUSED", "RUNNING", "UNASSIGNED"]);
  });

  it("ends without starting when it is stopped while paused", async () => {
    const life = new TaskLife("PAUSED");
    const { seen, report } = states();
    const ended = runTask(life, async () => expect.fail("must not start"), report);
    life.stop();
    await ended;
    expect(seen).toEqual(["PAUSED", "UNASSIGNED"]);
  });

  it("fails with the trace of what was thrown", async () => {
    const { seen, report } = states();
    await runTask(new TaskLife("STARTED"), () => Promise.reject(new TypeError("broken")), report);
    expect(seen).toEqual(["FAILED TypeError: broken"]);
  });

  it("has not failed when the stop interrupts it", async () => {
    const { seen, report } = states();
    await runTask(
      new TaskLife("STARTED"),
      () => Promise.reject(new Interrupted("stopped meanwhile")),
      report,
    );
    expect(seen).toEqual(["UNASSIGNED"]);
  });

  it("says nothing more once it is cancelled", async () => {
    const life = new TaskLife("STARTED");
    const { seen, report } = states();
    const ended = runTask(life, () => Promise.reject(new Error("too late")), report);
    life.cancel();
    await ended;
    expect(seen).toEqual([]);
  });

  it("shows a background failure to the loop, and interrupts its call", () => {
    const life = new TaskLife("STARTED");
    const signal = life.callSignal();
    life.fail(new Error("first"));
    life.fail(new Error("second"));
    expect(signal.aborted).toBe(true);
    expect(() => life.throwIfFailed()).toThrow("first");
    expect(life.callSignal().aborted).toBe(true);
  });
});
