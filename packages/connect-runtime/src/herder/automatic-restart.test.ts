import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Logging } from "../logging.ts";
import { AutomaticRestart } from "./automatic-restart.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function restartOf(random = 0.5) {
  const state = { restarts: 0, log: [] as string[] };
  const logging = new Logging(({ message }) => state.log.push(message));
  const restart = new AutomaticRestart({
    what: "Task a-0",
    restart: () => state.restarts++,
    logger: logging.logger("herder"),
    random: () => random,
  });
  return { restart, state };
}

const ON = { "errors.restart.max": "3", "errors.restart.backoff.ms": "1000" };
const TRACE = "org.apache.kafka.connect.errors.ConnectException: no\n";

test("by default nothing is started again", async () => {
  const { restart, state } = restartOf();
  restart.reached("FAILED", {}, TRACE);
  await vi.advanceTimersByTimeAsync(10_000_000);
  expect(state).toEqual({ restarts: 0, log: [] });
  expect(restart.count).toBeUndefined();
});

test("each restart waits twice as long, until there were enough", async () => {
  const { restart, state } = restartOf();
  for (const [attempts, waitMs] of [1000, 2000, 4000].entries()) {
    restart.reached("FAILED", ON, TRACE);
    expect(restart.count).toEqual({ attempts, nextMs: Date.now() + waitMs });
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(state.restarts).toBe(attempts);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.restarts).toBe(attempts + 1);
  }
  restart.reached("FAILED", ON, TRACE);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(state.restarts).toBe(3);
  expect(restart.count).toEqual({ attempts: 3, nextMs: undefined });
  expect(state.log.at(-1)).toMatch(/stays FAILED until somebody restarts it/);
});

test("restarts are counted for a window only", async () => {
  const { restart, state } = restartOf();
  const rules = { ...ON, "errors.restart.max": "1", "errors.restart.window.ms": "60000" };
  restart.reached("FAILED", rules, TRACE);
  await vi.advanceTimersByTimeAsync(61_000);
  restart.reached("FAILED", rules, TRACE);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.restarts).toBe(2);
});

test("waits end at a limit, and differ by a fifth", () => {
  const rules = { ...ON, "errors.restart.backoff.max.ms": "500" };
  for (const [random, waitMs] of [
    [0, 400],
    [1, 600],
  ] as const) {
    const { restart } = restartOf(random);
    restart.reached("FAILED", rules, TRACE);
    expect(restart.count?.nextMs).toBe(Date.now() + waitMs);
  }
});

test("a wrong configuration is not tried again", async () => {
  const { restart, state } = restartOf();
  restart.reached("FAILED", ON, "org.apache.kafka.common.config.ConfigException: Invalid value\n");
  await vi.advanceTimersByTimeAsync(100_000);
  expect(state.restarts).toBe(0);
});

test("who runs again is not restarted", async () => {
  const { restart, state } = restartOf();
  restart.reached("FAILED", ON, TRACE);
  restart.reached("RUNNING", ON, undefined);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(state.restarts).toBe(0);
});

test("who is restarted or ended by somebody is not restarted by itself", async () => {
  const { restart, state } = restartOf();
  restart.reached("FAILED", ON, TRACE);
  restart.forget();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(state.restarts).toBe(0);
  expect(restart.count).toBeUndefined();
});
