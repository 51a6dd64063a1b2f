import { describe, expect, test } from "vitest";
import {
  decodeAssignment,
  decodeStickyUserData,
  decodeSubscription,
  encodeAssignment,
  encodeGeneration,
  encodeStickyUserData,
  encodeSubscription,
} from "./consumer-protocol.ts";

// Bytes written by the Java client 4.3.1 (ConsumerProtocol, StickyAssignor, CooperativeStickyAssignor).
const JAVA = {
  full: "0003000000020005616c70686100047a657461000000030102030000000200016100000002000000000000000200016200000001000000010000000700067261636b2d31",
  minimal: "000300000001000174ffffffff00000000ffffffffffff",
  v0: "0000000000020001740001750000000109",
  v1: "0001000000020001740001750000000109000000020001610000000200000000000000020001620000000100000001",
  v2: "000200000002000174000175000000010900000002000161000000020000000000000002000162000000010000000100000007",
  assignment: "0003000000020001620000000100000001000161000000020000000200000000ffffffff",
  emptyAssignment: "000300000000ffffffff",
  sticky: "00000002000161000000020000000200000000000162000000010000000100000005",
  cooperative: "00000005",
};
const bytes = (name: keyof typeof JAVA): Buffer => Buffer.from(JAVA[name], "hex");

const owned = [
  { topic: "b", partition: 1 },
  { topic: "a", partition: 2 },
  { topic: "a", partition: 0 },
];
const inOrder = [
  { topic: "a", partition: 0 },
  { topic: "a", partition: 2 },
  { topic: "b", partition: 1 },
];

describe("subscriptions", () => {
  test("are written as Java writes them", () => {
    const full = {
      topics: ["zeta", "alpha"],
      userData: Buffer.from([1, 2, 3]),
      ownedPartitions: owned,
      generationId: 7,
      rackId: "rack-1",
    };
    expect(encodeSubscription(full).toString("hex")).toBe(JAVA.full);
    const minimal = {
      topics: ["t"],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    };
    expect(encodeSubscription(minimal).toString("hex")).toBe(JAVA.minimal);
  });

  test("of every version are read", () => {
    expect(decodeSubscription(bytes("full"))).toEqual({
      topics: ["alpha", "zeta"],
      userData: Buffer.from([1, 2, 3]),
      ownedPartitions: inOrder,
      generationId: 7,
      rackId: "rack-1",
    });
    const v2 = decodeSubscription(bytes("v2"));
    expect(v2).toMatchObject({ ownedPartitions: inOrder, generationId: 7, rackId: null });
    const v1 = decodeSubscription(bytes("v1"));
    expect(v1).toMatchObject({ ownedPartitions: inOrder, generationId: -1 });
    const v0 = decodeSubscription(bytes("v0"));
    expect(v0).toMatchObject({
      topics: ["t", "u"],
      userData: Buffer.from([9]),
      ownedPartitions: [],
    });
  });

  test("of a client that announces a version and leaves its fields out", () => {
    const v0 = bytes("v0");
    v0.writeInt16BE(3);
    expect(decodeSubscription(v0)).toMatchObject({ topics: ["t", "u"], ownedPartitions: [] });
  });

  test("that are none are refused", () => {
    expect(() => decodeSubscription(Buffer.from("nonsense, and not little of it"))).toThrow(
      /Could not read a group member's subscription of 30 bytes/,
    );
  });
});

describe("assignments", () => {
  test("are written as Java writes them, and read", () => {
    expect(encodeAssignment([]).toString("hex")).toBe(JAVA.emptyAssignment);
    expect(decodeAssignment(encodeAssignment(owned)).partitions).toEqual(inOrder);
    expect(decodeAssignment(bytes("assignment")).partitions).toEqual(
      expect.arrayContaining(inOrder),
    );
  });

  test("without any bytes are empty", () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], userData: null });
  });
});

describe("user data of the sticky assignors", () => {
  test("is written as Java writes it", () => {
    const read = decodeStickyUserData(bytes("sticky"));
    expect(read.generationId).toBe(5);
    expect(read.partitions).toEqual(expect.arrayContaining(owned));
    expect(decodeStickyUserData(encodeStickyUserData(owned, 5))).toEqual({
      partitions: inOrder,
      generationId: 5,
    });
    expect(encodeGeneration(5).toString("hex")).toBe(JAVA.cooperative);
  });

  test("of another assignor costs stickiness and nothing else", () => {
    expect(decodeStickyUserData(Buffer.from("????????"))).toEqual({
      partitions: [],
      generationId: -1,
    });
    expect(decodeStickyUserData(null)).toEqual({ partitions: [], generationId: -1 });
  });
});
