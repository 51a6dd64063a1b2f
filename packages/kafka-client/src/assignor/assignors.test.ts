import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TopicPartition } from "../types.ts";
import type { Assignor, AssignorMember } from "./assignor.ts";
import { rangeAssignor } from "./range.ts";
import { roundRobinAssignor } from "./round-robin.ts";
import { cooperativeStickyAssignor, stickyAssignor } from "./sticky.ts";

function member(
  memberId: string,
  topics: string[],
  { owned = [] as TopicPartition[], generationId = -1, instance = null as string | null } = {},
): AssignorMember {
  const subscription = {
    topics,
    userData: null,
    ownedPartitions: owned,
    generationId,
    rackId: null,
  };
  return { memberId, groupInstanceId: instance, subscription };
}

const show = (assignments: Map<string, TopicPartition[]>): Record<string, string> =>
  Object.fromEntries(
    Array.from(assignments, ([id, partitions]) => [
      id,
      partitions
        .map(({ topic, partition }) => `${topic}${partition}`)
        .sort((a, b) => (a < b ? -1 : 1))
        .join(" "),
    ]),
  );

const own = (topic: string, ...partitions: number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));

describe("as the Java client 4.3.1 assigns", () => {
  const counts = new Map([
    ["a", 5],
    ["b", 3],
    ["c", 1],
  ]);
  const members = [
    member("m2", ["a", "b"]),
    member("m1", ["a", "b", "c"]),
    member("m10", ["b", "c", "missing"]),
    member("a-static", ["a"], { instance: "zz" }),
  ];

  test("range", () => {
    expect(show(rangeAssignor.assign(counts, members))).toEqual({
      "a-static": "a0 a1",
      m1: "a2 a3 b0 c0",
      m10: "b1",
      m2: "a4 b2",
    });
  });

  test("roundrobin", () => {
    expect(show(roundRobinAssignor.assign(counts, members))).toEqual({
      "a-static": "a0 a3",
      m1: "a1 a4 b2",
      m10: "b0 c0",
      m2: "a2 b1",
    });
  });
});

describe("every assignor", () => {
  const assignors: Assignor[] = [
    rangeAssignor,
    roundRobinAssignor,
    stickyAssignor(),
    cooperativeStickyAssignor,
  ];
  const topics = ["a", "b", "c", "d"];
  const group = fc.record({
    counts: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
    subscriptions: fc.array(fc.subarray(topics), { minLength: 1, maxLength: 6 }),
  });

  test.each(assignors)(
    "$name gives each wanted partition to one member that wants it",
    (assignor) => {
      fc.assert(
        fc.property(group, ({ counts, subscriptions }) => {
          const partitionCounts = new Map(topics.map((topic, i) => [topic, counts[i] ?? 0]));
          const members = subscriptions.map((wanted, i) => member(`m${i}`, wanted));
          const assignments = assignor.assign(partitionCounts, members);
          const given = [...assignments.values()].flat();
          const wanted = new Set(subscriptions.flat());
          const expected = topics.flatMap((topic) =>
            wanted.has(topic) ? own(topic, ...Array(partitionCounts.get(topic)).keys()) : [],
          );
          expect(given).toHaveLength(expected.length);
          expect(given).toEqual(expect.arrayContaining(expected));
          for (const { memberId, subscription } of members)
            for (const { topic } of assignments.get(memberId)!)
              expect(subscription.topics).toContain(topic);
        }),
      );
    },
  );

  test.each(assignors)("$name: no members, no topics", (assignor) => {
    expect(assignor.assign(new Map(), []).size).toBe(0);
    expect(show(assignor.assign(new Map(), [member("m", ["gone"])]))).toEqual({ m: "" });
  });
});

describe("sticky", () => {
  test("is level among equals, and keeps what members had, whatever happens", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (count, before, after) => {
          const counts = new Map([["t", count]]);
          const first = cooperativeStickyAssignor.assign(
            counts,
            Array.from({ length: before }, (_, i) => member(`m${i}`, ["t"])),
          );
          const members = Array.from({ length: after }, (_, i) =>
            member(`m${i}`, ["t"], { owned: first.get(`m${i}`) ?? [], generationId: 1 }),
          );
          const sizes = [...cooperativeStickyAssignor.assign(counts, members)];
          for (const [id, partitions] of sizes) {
            const had = first.get(id) ?? [];
            const kept = partitions.filter((tp) => had.some((h) => h.partition === tp.partition));
            // No one gives away more than it has to.
            expect(kept.length).toBeGreaterThanOrEqual(
              Math.min(had.length, Math.floor(count / after)),
            );
            expect(partitions.length).toBeLessThanOrEqual(Math.ceil(count / after));
          }
        },
      ),
    );
  });

  test("carries the last assignment in its user data", () => {
    const assignor = stickyAssignor();
    expect(assignor.userData?.([], -1)).toBeNull();
    assignor.onAssignment?.(own("t", 1, 3), 4);
    const remembered = member("m1", ["t"]);
    remembered.subscription.userData = assignor.userData?.([], -1) ?? null;
    const result = stickyAssignor().assign(new Map([["t", 4]]), [member("m0", ["t"]), remembered]);
    expect(show(result)).toEqual({ m0: "t0 t2", m1: "t1 t3" });
  });

  test("of two claims the younger generation's counts, of equals neither", () => {
    const counts = new Map([["t", 2]]);
    const younger = cooperativeStickyAssignor.assign(counts, [
      member("old", ["t"], { owned: own("t", 0), generationId: 3 }),
      member("new", ["t"], { owned: own("t", 0), generationId: 4 }),
    ]);
    expect(show(younger)).toEqual({ new: "t0", old: "t1" });
  });

  test("claims to what is gone, or not wanted any more, are void", () => {
    const result = cooperativeStickyAssignor.assign(
      new Map([
        ["t", 1],
        ["u", 1],
      ]),
      [
        member("m0", ["t"], {
          owned: [...own("t", 5), ...own("u", 0), ...own("x", 0)],
          generationId: 1,
        }),
        member("m1", ["u"], { generationId: 1 }),
      ],
    );
    expect(show(result)).toEqual({ m0: "t0", m1: "" });
  });

  test("uneven wishes are levelled as far as they allow", () => {
    const counts = new Map([
      ["t", 3],
      ["u", 1],
    ]);
    const result = stickyAssignor().assign(counts, [
      member("a", ["t"]),
      member("b", ["t", "u"]),
      member("c", ["u"]),
    ]);
    expect([...result.values()].map((partitions) => partitions.length)).toEqual([2, 1, 1]);
  });
});

describe("cooperative-sticky", () => {
  test("a partition that changes hands is given to no one in the first round", () => {
    const counts = new Map([["t", 4]]);
    const first = cooperativeStickyAssignor.assign(counts, [
      member("m0", ["t"], { owned: own("t", 0, 1, 2, 3), generationId: 1 }),
      member("m1", ["t"]),
    ]);
    expect(show(first)).toEqual({ m0: "t0 t1", m1: "" });
    const second = cooperativeStickyAssignor.assign(counts, [
      member("m0", ["t"], { owned: own("t", 0, 1), generationId: 2 }),
      member("m1", ["t"], { generationId: 2 }),
    ]);
    expect(show(second)).toEqual({ m0: "t0 t1", m1: "t2 t3" });
  });
});
