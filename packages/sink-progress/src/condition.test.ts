import { expect, test } from "vitest";
import { Condition } from "./condition.ts";

test("waits until it holds", async () => {
  const condition = new Condition();
  let ready = false;
  const waiting = condition.wait(() => ready, 10_000);
  condition.changed();
  ready = true;
  condition.changed();
  await expect(waiting).resolves.toBe(true);
});

test("gives up after its time", async () => {
  await expect(new Condition().wait(() => false, 1)).resolves.toBe(false);
});

test("ends with the signal's reason", async () => {
  const controller = new AbortController();
  const waiting = new Condition().wait(() => false, 10_000, controller.signal);
  controller.abort(new Error("stopping"));
  await expect(waiting).rejects.toThrow("stopping");
  await expect(new Condition().wait(() => true, 1, controller.signal)).rejects.toThrow("stopping");
});
