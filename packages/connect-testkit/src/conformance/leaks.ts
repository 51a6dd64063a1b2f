import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const BASELINE_MS = 200;
const SETTLE_MS = 2_000;
const LOOK_EVERY_MS = 20;

/** What this process holds open: timers, sockets, … by kind, and files where the system lists them. */
export type OpenHandles = ReadonlyMap<string, number>;

/** What stays open for a while: the test runner has timers of its own that come and go. */
export async function openHandles(): Promise<OpenHandles> {
  let lasting = handlesNow();
  const deadline = Date.now() + BASELINE_MS;
  while (Date.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    const now = handlesNow();
    lasting = new Map(
      [...lasting].map(([name, count]) => [name, Math.min(count, now.get(name) ?? 0)]),
    );
  }
  return lasting;
}

/** @throws {AssertionError} when more is open than before, and stays open for two seconds */
export async function assertNothingLeft(before: OpenHandles): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  let left = added(before, handlesNow());
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    left = added(before, handlesNow());
  }
  assert.ok(left.length === 0, `open after stop: ${left.join(", ")}`);
}

function handlesNow(): OpenHandles {
  const counts = new Map<string, number>();
  for (const name of [...process.getActiveResourcesInfo(), ...openFiles()]) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function added(before: OpenHandles, now: OpenHandles): string[] {
  return [...now].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 ? [`${more} × ${name}`] : [];
  });
}

/** Names of the open files; sockets and pipes are counted by their handles already. */
function openFiles(): string[] {
  const folder = "/proc/self/fd";
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(`${folder}/${fd}`);
      return target.startsWith("/") && !target.startsWith("/proc/") ? [`file ${target}`] : [];
    } catch {
      // Closed since the folder was listed, as the listing's own descriptor is.
      return [];
    }
  });
}
