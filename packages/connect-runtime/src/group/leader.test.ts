import type { Logger } from "@millrace/connect-api";
import { beforeEach, expect, test, vi } from "vitest";
import { Leader } from "./leader.ts";
import { decodeAssignment, encodeMetadata } from "./protocol.ts";
import type { AssignmentMessage } from "./protocol.ts";
import { NO_WORK } from "../store/work.ts";
import type { Work } from "../store/work.ts";

const ME = "connect-me:8083-6a1f0b1e-0c1f-4f7e-9a58-1d6f5a3c2b10";
const OTHER = "connect-other:8083-0f0e0d0c-1111-2222-3333-444455556666";

let offset: number;
let logged: string[];
let leader: Leader;
const refreshConfigs = vi.fn<() => Promise<void>>();
const refreshReleased = vi.fn<() => Promise<void>>();

beforeEach(() => {
  offset = 10;
  logged = [];
  refreshConfigs.mockReset().mockResolvedValue();
  refreshReleased.mockReset().mockResolvedValue();
  const note = (message: string): void => void logged.push(message);
  const logger: Logger = { trace: note, debug: note, info: note, warn: note, error: note };
  leader = new Leader({
    groupId: "workers",
    maxDelayMs: 300_000,
    now: () => 0,
    logger,
    configs: {
      snapshot: () => ({
        offset,
        connectors: () => ["a"],
        has: (connector) => connector === "a",
        taskCount: () => 1,
      }),
      refresh: refreshConfigs,
    },
    released: { refresh: refreshReleased, isReleased: () => false },
  });
});

const member = (memberId: string, configOffset = 10, assigned: Work = NO_WORK) => ({
  memberId,
  metadata: encodeMetadata(2, {
    url: `http://${memberId.slice(0, 10)}/`,
    configOffset,
    allocation:
      assigned === NO_WORK
        ? null
        : {
            failed: false,
            leader: ME,
            leaderUrl: "",
            configOffset,
            assigned,
            revoked: NO_WORK,
            delayMs: 0,
          },
  }),
});

async function assign(
  members: { memberId: string; metadata: Buffer }[],
  generation = 1,
): Promise<Record<string, AssignmentMessage>> {
  const election = { version: 2 as const, leaderId: ME, members, generation };
  const bytes = await leader.assign({ ...election, completedGeneration: generation - 1 });
  return Object.fromEntries(Array.from(bytes, ([id, one]) => [id, decodeAssignment(one)]));
}

test("a member that says what no worker says gets nothing, and is named; the others get the work", async () => {
  const dealt = await assign([member(ME), { memberId: OTHER, metadata: Buffer.from("\0\0?") }]);
  expect(dealt[ME]).toMatchObject({
    failed: false,
    assigned: { connectors: ["a"], tasks: [{ connector: "a", task: 0 }] },
  });
  expect(dealt[OTHER]).toMatchObject({ failed: true, assigned: NO_WORK, leader: ME });
  expect(logged.join()).toContain(`Member ${OTHER} of group workers (client connect-other:8083)`);
  expect(leader.ownerUrl(1, "a", 0)).toBe("http://connect-me/");
});

test("a config topic that another worker has read further is read to its end", async () => {
  refreshConfigs.mockImplementation(() => {
    offset = 12;
    return Promise.resolve();
  });
  const dealt = await assign([member(ME), member(OTHER, 12)]);
  expect(refreshConfigs).toHaveBeenCalledTimes(1);
  expect(dealt[ME]).toMatchObject({ failed: false, configOffset: 12 });
  await assign([member(ME, 12), member(OTHER, 11)], 2);
  expect(refreshConfigs).toHaveBeenCalledTimes(1);
});

test.each(["in vain", "and fails"])("read %s: CONFIG_MISMATCH to all", async (how) => {
  if (how === "and fails") refreshConfigs.mockRejectedValue(new Error("no broker"));
  const dealt = await assign([member(ME), member(OTHER, 12)]);
  for (const id of [ME, OTHER])
    expect(dealt[id]).toMatchObject({ failed: true, configOffset: 12, assigned: NO_WORK });
  expect(logged.join()).toContain("config.storage.topic");
  expect(leader.ownerUrl(1, "a")).toBeUndefined();
});

test("a mismatch forgets no delay", async () => {
  const everything = { connectors: ["a"], tasks: [{ connector: "a", task: 0 }] };
  await assign([member(ME), member(OTHER, 10, everything)]);
  expect((await assign([member(ME)], 2))[ME]).toMatchObject({
    assigned: NO_WORK,
    delayMs: 300_000,
  });
  expect((await assign([member(ME), member(OTHER, 12)], 3))[ME]).toMatchObject({ failed: true });
  expect((await assign([member(ME)], 4))[ME]).toMatchObject({
    assigned: NO_WORK,
    delayMs: 300_000,
  });
});

test("what was released is looked up when a worker is missing, and only then", async () => {
  await assign([member(ME), member(OTHER)]);
  expect(refreshReleased).not.toHaveBeenCalled();
  refreshReleased.mockRejectedValue(new Error("no broker"));
  expect((await assign([member(ME)], 2))[ME]?.failed).toBe(false);
  expect(refreshReleased).toHaveBeenCalledTimes(1);
  expect(logged.join()).toContain("status topic");
});

test("where something runs is known of the last generation alone", async () => {
  await assign([member(ME)], 4);
  expect(leader.ownerUrl(4, "a")).toBe("http://connect-me/");
  expect(leader.ownerUrl(4, "a", 7)).toBeUndefined();
  expect(leader.ownerUrl(3, "a")).toBeUndefined();
});
