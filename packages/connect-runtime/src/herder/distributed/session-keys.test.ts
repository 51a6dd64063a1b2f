import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Logging } from "../../logging.ts";
import type { SessionKey } from "../../store/config-snapshot.ts";
import { SessionKeys, type SessionKeysOptions } from "./session-keys.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function keysOf(stored: SessionKey | undefined, options: Partial<SessionKeysOptions> = {}) {
  const state = { stored, failures: 0, warnings: [] as string[] };
  const logging = new Logging(({ level, message }) => {
    if (level === "error") state.warnings.push(message);
  });
  const keys = new SessionKeys({
    algorithm: "HmacSHA256",
    sizeBits: null,
    ttlMs: 3_600_000,
    current: () => state.stored,
    put: async (key) => {
      if (state.failures-- > 0) throw new Error("no broker");
      state.stored = key;
      keys.read(key);
    },
    logger: logging.logger("keys"),
    ...options,
  });
  return { keys, state };
}

const key = (ageMs: number, algorithm = "HmacSHA256", bytes = 32): SessionKey => ({
  key: randomBytes(bytes),
  algorithm,
  createdMs: Date.now() - ageMs,
});

test("the leader makes a key where there is none; others never do", async () => {
  const { keys, state } = keysOf(undefined);
  keys.setLeading(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(state.stored).toBeUndefined();
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(state.stored).toMatchObject({ algorithm: "HmacSHA256", createdMs: Date.now() });
  expect(state.stored?.key).toHaveLength(32);
  expect(state.warnings).toEqual([]);
});

test("a key lives as long as it may, and no longer", async () => {
  const first = key(3_599_000);
  const { keys, state } = keysOf(first);
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(900);
  expect(state.stored).toBe(first);
  await vi.advanceTimersByTimeAsync(200);
  const second = state.stored;
  expect(second).not.toBe(first);
  await vi.advanceTimersByTimeAsync(3_500_000);
  expect(state.stored).toBe(second);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(state.stored).not.toBe(second);
});

test("a key from a clock that is far ahead does not live for ever", async () => {
  const first = key(-10 * 3_600_000);
  const { keys, state } = keysOf(first);
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(state.stored).not.toBe(first);
});

test.each<[string, SessionKey, Partial<SessionKeysOptions>]>([
  ["algorithm", key(0, "HmacSHA1"), {}],
  ["size", key(0), { sizeBits: 512 }],
])("another %s makes a new one at once", async (_, first, options) => {
  const { keys, state } = keysOf(first, options);
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(state.stored).not.toBe(first);
});

test("what could not be written is tried again", async () => {
  const { keys, state } = keysOf(undefined);
  state.failures = 2;
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(state.stored).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state.stored).toBeDefined();
});

test("a key of somebody else, while this worker leads, is reported", async () => {
  const { keys, state } = keysOf(key(0));
  keys.setLeading(true);
  await vi.advanceTimersByTimeAsync(0);
  keys.read(key(0));
  expect(state.warnings).toEqual([
    expect.stringMatching(/share the topic.*config\.storage\.topic/),
  ]);
});
