import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeClock, settle } from "../test/support/fake-clock.ts";
import { ScriptedTransport, errorCode, noAnswer } from "../test/support/scripted-transport.ts";
import { KafkaError } from "./errors.ts";
import { GroupMember } from "./group-member.ts";
import type { GroupMemberOptions, GroupProtocol, JoinedGroup } from "./group-membership.ts";

const options: GroupMemberOptions = {
  groupId: "g",
  protocolType: "consumer",
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 3000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
};

let transport: ScriptedTransport;
let clock: FakeClock;
let logged: string[];
let woken: number;
const assign = vi.fn<GroupProtocol["assign"]>();
const protocol: GroupProtocol = {
  protocols: () => [{ name: "range", metadata: Buffer.from("meta") }],
  assign,
};

beforeEach(() => {
  transport = new ScriptedTransport();
  clock = new FakeClock();
  logged = [];
  woken = 0;
  assign.mockReset().mockReturnValue(new Map([["me", Buffer.from("assigned")]]));
});

function newMember(changes: Partial<GroupMemberOptions> = {}): GroupMember {
  const events = {
    rejoinNeeded: () => woken++,
    log: (_level: string, message: string) => logged.push(message),
  };
  return new GroupMember(transport, { ...options, ...changes }, protocol, events, clock);
}

const prepare = vi.fn<(generationId: number) => Promise<void>>(() => Promise.resolve());
beforeEach(() => prepare.mockClear());

/** Joins, with time passing so that back-offs end. */
async function join(member: GroupMember): Promise<JoinedGroup | undefined> {
  const progress = { done: false };
  const joined = member.ensureJoined(prepare).finally(() => (progress.done = true));
  joined.catch(() => {});
  for (let i = 0; i < 100 && !progress.done; i++) await clock.advance(50);
  return joined;
}

describe("joining", () => {
  test("prepare, JoinGroup, SyncGroup; then nothing more to do", async () => {
    const member = newMember();
    expect(member.rejoinNeeded).toBe(true);
    expect(member.generation).toEqual({ generationId: -1, memberId: "" });
    expect(await join(member)).toEqual({
      generationId: 1,
      memberId: "me",
      leaderId: "other",
      protocolName: "range",
      assignment: Buffer.from("mine"),
    });
    expect(prepare.mock.calls).toEqual([[-1]]);
    expect(transport.calls).toMatchObject([
      { step: "join", request: { memberId: "", protocols: [{ name: "range" }] } },
      { step: "sync", request: { generationId: 1, memberId: "me", assignments: [] } },
    ]);
    expect(assign).not.toHaveBeenCalled();
    expect(member.rejoinNeeded).toBe(false);
    expect(member.stable).toBe(true);
    expect(await join(member)).toBeUndefined();
    expect(transport.calls).toHaveLength(2);
  });

  test("the leader assigns for all", async () => {
    const members = [{ memberId: "me", groupInstanceId: null, metadata: Buffer.from("meta") }];
    transport.script.join.push({ leader: "me", members });
    await join(newMember());
    expect(assign).toHaveBeenCalledWith("range", members, "me");
    expect(transport.calls[1]?.request).toMatchObject({
      protocolName: "range",
      assignments: [{ memberId: "me", assignment: Buffer.from("assigned") }],
    });
  });

  test("a static leader that came back to an unchanged group assigns nothing (KIP-814)", async () => {
    transport.script.join.push({ leader: "me", skipAssignment: true });
    await join(newMember({ groupInstanceId: "one" }));
    expect(assign).not.toHaveBeenCalled();
    expect(transport.calls[1]?.request["assignments"]).toEqual([]);
  });

  test("what assign throws reaches the caller; the next call joins again", async () => {
    transport.script.join.push({ leader: "me" });
    const bug = new Error("cannot assign");
    assign.mockImplementationOnce(() => Promise.reject(bug));
    const member = newMember();
    await expect(join(member)).rejects.toBe(bug);
    expect(await join(member)).toMatchObject({ generationId: 2 });
  });

  test("what prepare throws reaches the caller before anything is sent", async () => {
    const member = newMember();
    prepare.mockRejectedValueOnce(new Error("cannot let go"));
    await expect(join(member)).rejects.toThrow("cannot let go");
    expect(transport.calls).toEqual([]);
    expect(await join(member)).toMatchObject({ generationId: 1 });
  });

  test("a wait that was cut short is picked up by the next call", async () => {
    const member = newMember();
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.join.push(new Promise((resolve) => (arrive = resolve)));
    const abort = new AbortController();
    const first = member.ensureJoined(prepare, abort.signal);
    await settle();
    abort.abort(new Error("poll timed out"));
    await expect(first).rejects.toThrow("poll timed out");
    expect(member.rejoinNeeded).toBe(true);
    arrive({});
    await settle();
    expect(await join(member)).toMatchObject({ generationId: 1 });
    expect(transport.count("join")).toBe(1);
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  test("a change while a join is under way is not forgotten", async () => {
    const member = newMember();
    transport.script.sync.push(() => {
      member.requestRejoin("new topics");
      return {};
    });
    await join(member);
    expect(member.rejoinNeeded).toBe(true);
    await join(member);
    expect(transport.calls.filter(({ step }) => step === "join")[1]?.request["reason"]).toBe(
      "new topics",
    );
  });
});

describe("answers to JoinGroup", () => {
  test("MEMBER_ID_REQUIRED: again at once, under the id it gives", async () => {
    transport.script.join.push({ ...errorCode("MEMBER_ID_REQUIRED"), memberId: "given" });
    expect(await join(newMember())).toMatchObject({ memberId: "given" });
    expect(transport.calls[1]).toMatchObject({ step: "join", request: { memberId: "given" } });
    expect(clock.now()).toBeLessThanOrEqual(50);
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  test("UNKNOWN_MEMBER_ID: again under no id, and prepare hears that membership is lost", async () => {
    const member = newMember();
    await join(member);
    member.requestRejoin("test");
    transport.script.join.push(errorCode("UNKNOWN_MEMBER_ID"));
    await join(member);
    expect(
      transport.calls
        .filter(({ step }) => step === "join")
        .map(({ request }) => request["memberId"]),
    ).toEqual(["", "me", ""]);
    expect(prepare.mock.calls).toEqual([[-1], [1], [-1]]);
  });

  test.each(["COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"])(
    "%s: looks for the coordinator and tries again after the back-off",
    async (code) => {
      transport.script.join.push(errorCode(code));
      expect(await join(newMember())).toMatchObject({ memberId: "me" });
      expect(transport.lost).toBe(1);
      expect(clock.now()).toBeGreaterThanOrEqual(80);
    },
  );

  test.each(["COORDINATOR_LOAD_IN_PROGRESS", "REBALANCE_IN_PROGRESS"])(
    "%s: tries again after the back-off",
    async (code) => {
      transport.script.join.push(errorCode(code), errorCode(code));
      expect(await join(newMember())).toMatchObject({ memberId: "me" });
      expect(transport.lost).toBe(0);
      expect(transport.count("join")).toBe(3);
      expect(clock.now()).toBeGreaterThanOrEqual(240);
    },
  );

  test.each([
    "GROUP_AUTHORIZATION_FAILED",
    "INCONSISTENT_GROUP_PROTOCOL",
    "INVALID_SESSION_TIMEOUT",
    "INVALID_GROUP_ID",
    "GROUP_MAX_SIZE_REACHED",
    "UNSUPPORTED_VERSION",
  ])("%s: the caller is told, and may try again", async (code) => {
    transport.script.join.push(errorCode(code));
    const member = newMember();
    await expect(join(member)).rejects.toMatchObject({ code, retriable: false, fatal: false });
    expect(await join(member)).toMatchObject({ memberId: "me" });
  });

  test("FENCED_INSTANCE_ID: another process has taken our place", async () => {
    transport.script.join.push(errorCode("FENCED_INSTANCE_ID"));
    const member = newMember({ groupInstanceId: "one" });
    await expect(join(member)).rejects.toMatchObject({
      code: "FENCED_INSTANCE_ID",
      fatal: true,
      message: expect.stringContaining("join in group g as one") as string,
    });
  });

  test("no answer: again after the back-off, under the same id", async () => {
    transport.script.join.push(
      { ...errorCode("MEMBER_ID_REQUIRED"), memberId: "given" },
      noAnswer(),
    );
    expect(await join(newMember())).toMatchObject({ memberId: "given" });
    expect(transport.count("join")).toBe(3);
  });

  test("no answer that could ever come: the caller is told", async () => {
    transport.script.join.push(new KafkaError("SASL_AUTHENTICATION_FAILED", "wrong password"));
    await expect(join(newMember())).rejects.toMatchObject({ code: "SASL_AUTHENTICATION_FAILED" });
  });
});

describe("answers to SyncGroup", () => {
  const joins = (): unknown[] =>
    transport.calls.filter(({ step }) => step === "join").map(({ request }) => request["memberId"]);

  test("REBALANCE_IN_PROGRESS: joins again at once, under the same id", async () => {
    transport.script.sync.push(errorCode("REBALANCE_IN_PROGRESS"));
    expect(await join(newMember())).toMatchObject({ generationId: 2 });
    expect(joins()).toEqual(["", "me"]);
    expect(clock.now()).toBeLessThanOrEqual(50);
  });

  test("UNKNOWN_MEMBER_ID: joins again under no id", async () => {
    transport.script.sync.push(errorCode("UNKNOWN_MEMBER_ID"));
    expect(await join(newMember())).toMatchObject({ generationId: 2 });
    expect(joins()).toEqual(["", ""]);
  });

  test("ILLEGAL_GENERATION: joins again under the same id", async () => {
    transport.script.sync.push(errorCode("ILLEGAL_GENERATION"));
    expect(await join(newMember())).toMatchObject({ generationId: 2 });
    expect(joins()).toEqual(["", "me"]);
  });

  test.each(["COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"])(
    "%s: finds it, joins again",
    async (code) => {
      transport.script.sync.push(errorCode(code));
      expect(await join(newMember())).toMatchObject({ generationId: 2 });
      expect(transport.lost).toBe(1);
      expect(clock.now()).toBeGreaterThanOrEqual(80);
    },
  );

  test("COORDINATOR_LOAD_IN_PROGRESS: joins again after the back-off", async () => {
    transport.script.sync.push(errorCode("COORDINATOR_LOAD_IN_PROGRESS"));
    expect(await join(newMember())).toMatchObject({ generationId: 2 });
  });

  test.each(["GROUP_AUTHORIZATION_FAILED", "INCONSISTENT_GROUP_PROTOCOL", "UNKNOWN_SERVER_ERROR"])(
    "%s: the caller is told",
    async (code) => {
      transport.script.sync.push(errorCode(code));
      await expect(join(newMember())).rejects.toMatchObject({ code, retriable: false });
    },
  );

  test("FENCED_INSTANCE_ID: the caller is told, for good", async () => {
    transport.script.sync.push(errorCode("FENCED_INSTANCE_ID"));
    await expect(join(newMember({ groupInstanceId: "one" }))).rejects.toMatchObject({
      fatal: true,
    });
  });

  test("no answer: joins again", async () => {
    transport.script.sync.push(noAnswer());
    expect(await join(newMember())).toMatchObject({ generationId: 2, memberId: "me" });
  });

  test("heartbeats go out while the leader takes its time", async () => {
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.sync.push(new Promise((resolve) => (arrive = resolve)));
    const member = newMember();
    const joined = member.ensureJoined(prepare);
    await clock.advance(10_000);
    expect(transport.count("heartbeat")).toBe(3);
    arrive({});
    expect(await joined).toMatchObject({ generationId: 1 });
  });

  test("membership that ends meanwhile makes the answer worthless", async () => {
    transport.script.sync.push(clockwise(4000).then(() => ({ assignment: Buffer.from("stale") })));
    transport.script.heartbeat.push(errorCode("UNKNOWN_MEMBER_ID"));
    const member = newMember();
    const joined = member.ensureJoined(prepare);
    await clock.advance(5000);
    expect(await joined).toMatchObject({ generationId: 2, assignment: Buffer.from("mine") });
  });

  const clockwise = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(ms, resolve);
    });
});

describe("heartbeats", () => {
  async function joined(changes: Partial<GroupMemberOptions> = {}): Promise<GroupMember> {
    const member = newMember(changes);
    await join(member);
    transport.calls.length = 0;
    woken = 0;
    return member;
  }

  test("go out at their interval, however busy the caller is", async () => {
    await joined();
    await clock.advance(30_000);
    expect(transport.count("heartbeat")).toBe(10);
    expect(transport.calls[0]?.request).toEqual({ generationId: 1, memberId: "me" });
  });

  test("REBALANCE_IN_PROGRESS: the next poll joins again, and is woken for it; heartbeats go on", async () => {
    const member = await joined();
    transport.script.heartbeat.push(errorCode("REBALANCE_IN_PROGRESS"));
    await clock.advance(3000);
    expect(member.rejoinNeeded).toBe(true);
    expect(woken).toBe(1);
    await clock.advance(6000);
    expect(transport.count("heartbeat")).toBe(3);
    expect(await join(member)).toMatchObject({ generationId: 2, memberId: "me" });
    // The old assignment was still ours when it was given up.
    expect(prepare).toHaveBeenLastCalledWith(1);
  });

  test.each([
    ["UNKNOWN_MEMBER_ID", ""],
    ["ILLEGAL_GENERATION", "me"],
  ])("%s: membership is lost; joins again as %j", async (code, memberId) => {
    const member = await joined();
    transport.script.heartbeat.push(errorCode(code));
    await clock.advance(9000);
    expect(transport.count("heartbeat")).toBe(1);
    expect(member.generation).toEqual({ generationId: -1, memberId });
    expect(woken).toBe(1);
    await join(member);
    expect(prepare).toHaveBeenLastCalledWith(-1);
  });

  test.each(["COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"])(
    "%s: finds it and goes on as a member",
    async (code) => {
      const member = await joined();
      transport.script.heartbeat.push(errorCode(code));
      await clock.advance(3200);
      expect(transport.lost).toBe(1);
      expect(transport.count("heartbeat")).toBe(2);
      expect(member.rejoinNeeded).toBe(false);
    },
  );

  test("COORDINATOR_LOAD_IN_PROGRESS: goes on", async () => {
    const member = await joined();
    transport.script.heartbeat.push(errorCode("COORDINATOR_LOAD_IN_PROGRESS"));
    await clock.advance(6000);
    expect(transport.count("heartbeat")).toBe(2);
    expect(member.rejoinNeeded).toBe(false);
  });

  test("FENCED_INSTANCE_ID: heartbeats end and the next call throws it", async () => {
    const member = await joined({ groupInstanceId: "one" });
    transport.script.heartbeat.push(errorCode("FENCED_INSTANCE_ID"));
    await clock.advance(9000);
    expect(transport.count("heartbeat")).toBe(1);
    expect(woken).toBeGreaterThan(0);
    await expect(join(member)).rejects.toMatchObject({ code: "FENCED_INSTANCE_ID", fatal: true });
  });

  test("GROUP_AUTHORIZATION_FAILED: the next call throws it", async () => {
    const member = await joined();
    transport.script.heartbeat.push(errorCode("GROUP_AUTHORIZATION_FAILED"));
    await clock.advance(3000);
    await expect(join(member)).rejects.toMatchObject({ code: "GROUP_AUTHORIZATION_FAILED" });
    expect(await join(member)).toBeUndefined();
  });

  test("an answer to the member we were before says nothing", async () => {
    const member = await joined();
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.heartbeat.push(new Promise((resolve) => (arrive = resolve)));
    await clock.advance(3000);
    member.requestRejoin("test");
    await join(member);
    arrive(errorCode("ILLEGAL_GENERATION"));
    await clock.advance(100);
    expect(member.generation).toEqual({ generationId: 2, memberId: "me" });
    expect(member.rejoinNeeded).toBe(false);
  });

  test("without answers they repeat after the back-off, and the coordinator is looked for", async () => {
    const member = await joined();
    transport.script.heartbeat.push(...Array.from({ length: 200 }, noAnswer));
    await clock.advance(3000 + 1000);
    expect(transport.count("heartbeat")).toBeGreaterThan(8);
    expect(transport.lost).toBe(0);
    await clock.advance(8000);
    expect(transport.lost).toBe(1);
    expect(logged.join()).toContain("not heard of for the session timeout");
    // Whether we are still a member only the coordinator knows.
    expect(member.rejoinNeeded).toBe(false);
  });

  test("none are sent while a join waits at the coordinator", async () => {
    const member = await joined();
    member.requestRejoin("test");
    transport.script.join.push(new Promise(() => {}));
    void member.ensureJoined(prepare);
    await clock.advance(30_000);
    expect(transport.count("heartbeat")).toBe(0);
  });
});

describe("the poll interval", () => {
  test("passing it means leaving, loudly; the next poll joins as someone new", async () => {
    const member = newMember();
    await join(member);
    await clock.advance(59_000);
    expect(transport.count("leave")).toBe(0);
    await clock.advance(1000);
    expect(transport.calls.at(-1)).toMatchObject({ step: "leave", request: { memberId: "me" } });
    expect(logged.join()).toMatch(/No poll within max.poll.interval.ms \(60000 ms\)/);
    expect(member.generation).toEqual({ generationId: -1, memberId: "" });
    const heartbeats = transport.count("heartbeat");
    await clock.advance(10_000);
    expect(transport.count("heartbeat")).toBe(heartbeats);
    expect(await join(member)).toMatchObject({ generationId: 2 });
    expect(prepare).toHaveBeenLastCalledWith(-1);
  });

  test("a sign of life starts it anew", async () => {
    const member = newMember();
    await join(member);
    for (let i = 0; i < 10; i++) {
      await clock.advance(50_000);
      member.keepAlive();
    }
    expect(transport.count("leave")).toBe(0);
    expect(member.stable).toBe(true);
  });

  test("a join that waited longer for others does not count", async () => {
    let arrive: (answer: Record<string, unknown>) => void = () => {};
    transport.script.join.push(new Promise((resolve) => (arrive = resolve)));
    const member = newMember();
    const joined = member.ensureJoined(prepare);
    await clock.advance(70_000);
    arrive({});
    await clock.advance(5000);
    expect(await joined).toMatchObject({ generationId: 1 });
    expect(transport.count("leave")).toBe(0);
    expect(transport.count("heartbeat")).toBe(1);
  });

  test("a static member falls silent instead of leaving", async () => {
    const member = newMember({ groupInstanceId: "one" });
    await join(member);
    await clock.advance(61_000);
    expect(transport.count("leave")).toBe(0);
    expect(member.rejoinNeeded).toBe(true);
  });
});

describe("errors that commits meet", () => {
  test.each([
    ["UNKNOWN_MEMBER_ID", { generationId: -1, memberId: "" }],
    ["FENCED_INSTANCE_ID", { generationId: -1, memberId: "" }],
    ["ILLEGAL_GENERATION", { generationId: -1, memberId: "me" }],
    ["REBALANCE_IN_PROGRESS", { generationId: 1, memberId: "me" }],
  ])("%s", async (code, generation) => {
    const member = newMember();
    await join(member);
    member.handleCommitError(code);
    expect(member.generation).toEqual(generation);
    expect(member.rejoinNeeded).toBe(true);
  });
});

describe("closing", () => {
  test("leaves the group, once", async () => {
    const member = newMember();
    await join(member);
    await member.close();
    await member.close();
    expect(transport.count("leave")).toBe(1);
    expect(transport.closed).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    await expect(join(member)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("before the first join there is nothing to leave", async () => {
    const member = newMember();
    await member.close();
    expect(transport.calls).toEqual([]);
  });

  test("a static member does not leave, unless told to", async () => {
    const staying = newMember({ groupInstanceId: "one" });
    await join(staying);
    await staying.close();
    expect(transport.count("leave")).toBe(0);
    const leaving = newMember({ groupInstanceId: "one" });
    await join(leaving);
    await leaving.close({ leaveStatic: true });
    expect(transport.count("leave")).toBe(1);
  });

  test("a good-bye that fails is no error: the session ends by itself", async () => {
    transport.script.leave.push(noAnswer());
    const member = newMember();
    await join(member);
    await member.close();
    expect(logged.join()).toContain("Could not leave: the connection is gone");
  });

  test("does not wait for a coordinator that hangs", async () => {
    transport.script.leave.push(new Promise(() => {}));
    const member = newMember();
    await join(member);
    const closing = member.close();
    await clock.advance(5000);
    await closing;
    expect(logged.join()).toContain("Could not leave: no answer within 5000 ms");
  });

  test("ends a join that is under way, and its back-off", async () => {
    transport.script.join.push(errorCode("COORDINATOR_LOAD_IN_PROGRESS"));
    const member = newMember();
    const joining = member.ensureJoined(prepare).catch((error: unknown) => error);
    await settle();
    await member.close();
    expect(await joining).toMatchObject({ code: "CLOSED" });
    expect(clock.pendingTimers).toBe(0);
  });
});
