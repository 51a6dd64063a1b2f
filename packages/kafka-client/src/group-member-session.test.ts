import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeClock, settle } from "../test/support/fake-clock.ts";
import { ScriptedTransport, errorCode, noAnswer } from "../test/support/scripted-transport.ts";
import { GroupMember } from "./group-member.ts";
import type { JoinedGroup } from "./group-membership.ts";

const options = {
  groupId: "g",
  protocolType: "connect",
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 3000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  watchSession: true,
};
const protocol = {
  protocols: () => [{ name: "compatible", metadata: Buffer.from("meta") }],
  assign: () => new Map<string, Buffer>(),
};

let transport: ScriptedTransport;
let clock: FakeClock;
const prepare = vi.fn<(generationId: number) => Promise<void>>(() => Promise.resolve());
const membershipLost = vi.fn<(why: string) => void>();

beforeEach(() => {
  transport = new ScriptedTransport();
  clock = new FakeClock();
  prepare.mockClear();
  membershipLost.mockClear();
});

const newMember = (): GroupMember =>
  new GroupMember(transport, options, protocol, { membershipLost }, clock);

/** Joins, with time passing only where a back-off has to end. */
async function join(member: GroupMember): Promise<JoinedGroup | undefined> {
  const progress = { done: false };
  const joined = member.ensureJoined(prepare).finally(() => (progress.done = true));
  await settle();
  for (let i = 0; i < 100 && !progress.done; i++) await clock.advance(50);
  return joined;
}

describe("a member that watches its session", () => {
  async function joined(): Promise<GroupMember> {
    const member = newMember();
    await join(member);
    transport.calls.length = 0;
    return member;
  }
  const silentFor = (count: number): void =>
    void transport.script.heartbeat.push(...Array.from({ length: count }, noAnswer));

  test("lets go when the session has passed since the last answered heartbeat was sent", async () => {
    const member = await joined();
    // Sent after 3 seconds, answered after 5.
    transport.script.heartbeat.push(
      new Promise((resolve) => void clock.after(5000, () => resolve({}))),
    );
    silentFor(100);
    await clock.advance(12_999);
    expect(transport.count("heartbeat")).toBeGreaterThan(5);
    expect(membershipLost).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(membershipLost.mock.calls).toEqual([["the session timed out"]]);
    expect(transport.lost).toBeGreaterThan(0);
    // The coordinator may still know it by its id, and nobody else has to wait for that one.
    expect(member.generation).toEqual({ generationId: -1, memberId: "me" });
    await join(member);
    expect(prepare).toHaveBeenLastCalledWith(-1);
    expect(transport.calls.find(({ step }) => step === "join")?.request["memberId"]).toBe("me");
  });

  test("answered heartbeats keep it, whatever they say of a rebalance", async () => {
    const member = await joined();
    transport.script.heartbeat.push(
      ...Array.from({ length: 10 }, () => errorCode("REBALANCE_IN_PROGRESS")),
    );
    await clock.advance(30_000);
    expect(membershipLost).not.toHaveBeenCalled();
    expect(member.rejoinNeeded).toBe(true);
  });

  test.each(["COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR"])(
    "%s confirms nothing",
    async (code) => {
      await joined();
      transport.script.heartbeat.push(...Array.from({ length: 200 }, () => errorCode(code)));
      await clock.advance(10_000);
      expect(membershipLost).toHaveBeenCalledTimes(1);
    },
  );

  test("heartbeats go out while a join waits, and what they say of the generation is not believed", async () => {
    const member = await joined();
    member.requestRejoin("test");
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.join.push(new Promise((resolve) => (arrive = resolve)));
    const joining = member.ensureJoined(prepare);
    transport.script.heartbeat.push(
      ...Array.from({ length: 9 }, () => errorCode("REBALANCE_IN_PROGRESS")),
      errorCode("ILLEGAL_GENERATION"),
    );
    await clock.advance(30_000);
    expect(transport.count("heartbeat")).toBe(10);
    expect(membershipLost).not.toHaveBeenCalled();
    arrive({});
    expect(await joining).toMatchObject({ generationId: 2 });
  });

  test("a coordinator that falls silent in a join: let go, then joined anew with what is held now", async () => {
    const member = await joined();
    member.requestRejoin("test");
    transport.script.join.push(
      new Promise((_, reject) => (transport.abandon = () => reject(noAnswer()))),
    );
    silentFor(200);
    const joining = member.ensureJoined(prepare);
    await clock.advance(12_000);
    expect(membershipLost).toHaveBeenCalledTimes(1);
    transport.script.heartbeat.length = 0;
    expect(await joining).toMatchObject({ memberId: "me" });
    expect(prepare.mock.calls.map(([generation]) => generation)).toEqual([-1, 1, -1]);
  });

  test("the answer to a join from before the loss is not taken", async () => {
    const member = await joined();
    member.requestRejoin("test");
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.join.push(new Promise((resolve) => (arrive = resolve)));
    const joining = member.ensureJoined(prepare);
    transport.script.heartbeat.push(errorCode("UNKNOWN_MEMBER_ID"));
    await clock.advance(3000);
    expect(membershipLost.mock.calls).toEqual([["UNKNOWN_MEMBER_ID"]]);
    arrive({});
    await joining;
    expect(transport.count("join")).toBe(2);
    expect(transport.count("sync")).toBe(1);
    expect(prepare).toHaveBeenLastCalledWith(-1);
  });

  test("membership that is lost while a join is prepared: prepared again, for generation -1", async () => {
    const member = await joined();
    member.requestRejoin("test");
    prepare.mockImplementationOnce(() => new Promise((resolve) => void clock.after(4000, resolve)));
    transport.script.heartbeat.push(errorCode("UNKNOWN_MEMBER_ID"));
    expect(await join(member)).toMatchObject({ generationId: 2 });
    expect(prepare.mock.calls.map(([generation]) => generation)).toEqual([-1, 1, -1]);
  });

  test("a join that ended while nobody waited, and whose membership was lost since, is none", async () => {
    const member = await joined();
    member.requestRejoin("test");
    const abort = new AbortController();
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.join.push(new Promise((resolve) => (arrive = resolve)));
    const waiting = member.ensureJoined(prepare, abort.signal);
    await settle();
    abort.abort(new Error("no time"));
    await expect(waiting).rejects.toThrow("no time");
    arrive({});
    await settle();
    expect(member.generation.generationId).toBe(2);
    transport.script.heartbeat.push(errorCode("UNKNOWN_MEMBER_ID"));
    await clock.advance(3000);
    expect(await join(member)).toMatchObject({ generationId: 3 });
    expect(prepare).toHaveBeenLastCalledWith(-1);
  });

  test("a process that stood still is told by the first timer", async () => {
    await joined();
    transport.script.heartbeat.push(new Promise(() => {}));
    // All timers are due at once, and none of the answers has been read.
    clock.jump(3_600_000);
    await settle();
    expect(membershipLost).toHaveBeenCalledTimes(1);
  });

  test("closing is no loss", async () => {
    const member = await joined();
    await member.close();
    await clock.advance(60_000);
    expect(membershipLost).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a heartbeat right now", () => {
  test("does not wait for the interval, and the next one does", async () => {
    const member = newMember();
    await join(member);
    await clock.advance(1000);
    transport.script.heartbeat.push(errorCode("REBALANCE_IN_PROGRESS"));
    expect(await member.heartbeatNow()).toBe(true);
    expect(member.rejoinNeeded).toBe(true);
    await clock.advance(2999);
    expect(transport.count("heartbeat")).toBe(1);
    await clock.advance(1);
    expect(transport.count("heartbeat")).toBe(2);
  });

  test("at most one is under way", async () => {
    const member = newMember();
    await join(member);
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.heartbeat.push(new Promise((resolve) => (arrive = resolve)));
    const both = [member.heartbeatNow(), member.heartbeatNow()];
    await clock.advance(20_000);
    expect(transport.count("heartbeat")).toBe(1);
    arrive({});
    expect(await Promise.all(both)).toEqual([true, true]);
  });

  test("says so when there is no answer, and when there is no membership", async () => {
    const member = newMember();
    expect(await member.heartbeatNow()).toBe(false);
    await join(member);
    transport.script.heartbeat.push(noAnswer());
    expect(await member.heartbeatNow()).toBe(false);
    await member.close();
    expect(await member.heartbeatNow()).toBe(false);
    expect(transport.count("heartbeat")).toBe(1);
  });
});
