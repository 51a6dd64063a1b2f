import { readFileSync } from "node:fs";
import { isConnectError } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeAssignment,
  decodeMetadata,
  encodeAssignment,
  encodeMetadata,
  versionOf,
} from "./protocol.ts";
import type { AssignmentMessage, ProtocolVersion, WorkerMetadata } from "./protocol.ts";
import { NO_WORK } from "../store/work.ts";
import type { Work } from "../store/work.ts";

interface Recorded {
  recorded: string;
  protocol: string;
  memberId: string | null;
  metadata: string;
  assignment: string;
}

const recordings = JSON.parse(
  readFileSync(new URL("../../test/golden/group-members.json", import.meta.url), "utf8"),
) as Recorded[];

describe.each(recordings)("recorded of Java: $recorded, $memberId", (one) => {
  const version = versionOf(one.protocol);

  test("metadata", () => {
    const decoded = decodeMetadata(Buffer.from(one.metadata, "hex"));
    expect(decoded.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(encodeMetadata(version, decoded).toString("hex")).toBe(one.metadata);
  });

  test("assignment", () => {
    const decoded = decodeAssignment(Buffer.from(one.assignment, "hex"));
    expect(decoded.failed).toBe(false);
    expect(encodeAssignment(version, decoded).toString("hex")).toBe(one.assignment);
  });
});

test("what the recordings say", () => {
  const [first] = recordings;
  const { configOffset, allocation } = decodeMetadata(Buffer.from(first!.metadata, "hex"));
  expect(configOffset).toBe(19);
  expect(allocation).toMatchObject({
    leader: first!.memberId,
    configOffset: 14,
    assigned: {
      connectors: ["c-d1"],
      tasks: [
        { connector: "c-d1", task: 0 },
        { connector: "c-d1", task: 3 },
      ],
    },
    revoked: NO_WORK,
    delayMs: 0,
  });
  const waiting = recordings.find(({ recorded }) => recorded.includes("300000 group_after_kill"));
  expect(decodeMetadata(Buffer.from(waiting!.metadata, "hex")).allocation?.delayMs).toBe(300_000);
});

const name = fc.string({ maxLength: 20, unit: "grapheme" });
const offset = fc.maxSafeInteger();

/** Connectors come before tasks, and each stands once, as on the wire. */
const work: fc.Arbitrary<Work> = fc
  .dictionary(name, fc.tuple(fc.boolean(), fc.uniqueArray(fc.nat(), { maxLength: 5 })))
  .map((byConnector) => {
    const entries = Object.entries(byConnector).sort(([, [a]], [, [b]]) => Number(b) - Number(a));
    return {
      connectors: entries.filter(([, [itself]]) => itself).map(([connector]) => connector),
      tasks: entries.flatMap(([connector, [, tasks]]) =>
        tasks.map((task) => ({ connector, task })),
      ),
    };
  });

const assignment = (version: ProtocolVersion): fc.Arbitrary<AssignmentMessage> =>
  fc.record({
    failed: fc.boolean(),
    leader: name,
    leaderUrl: name,
    configOffset: offset,
    assigned: work,
    revoked: version === 0 ? fc.constant(NO_WORK) : work,
    delayMs: version === 0 ? fc.constant(0) : fc.nat(),
  });

const metadata = (version: ProtocolVersion): fc.Arbitrary<WorkerMetadata> =>
  fc.record({
    url: name,
    configOffset: offset,
    allocation: version === 0 ? fc.constant(null) : fc.option(assignment(version)),
  });

describe.each([0, 1, 2] as const)("version %i", (version) => {
  test("what is written is read", () => {
    fc.assert(
      fc.property(assignment(version), metadata(version), (message, about) => {
        expect(decodeAssignment(encodeAssignment(version, message))).toEqual(message);
        expect(decodeMetadata(encodeMetadata(version, about))).toEqual(about);
      }),
    );
  });

  test("a message that ends early, or is damaged, is refused or read, and nothing else", () => {
    const damage = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat());
    fc.assert(
      fc.property(
        assignment(version),
        metadata(version),
        damage,
        (message, about, [at, to, end]) => {
          for (const bytes of [
            encodeAssignment(version, message),
            encodeMetadata(version, about),
          ]) {
            bytes[at % bytes.length] = to;
            expect(isReadOrRefused(bytes.subarray(0, end % (bytes.length + 1)))).toBe(true);
            expect(isReadOrRefused(bytes)).toBe(true);
          }
        },
      ),
    );
  });
});

test("arbitrary bytes are refused with a Connect error, or read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(isReadOrRefused(Buffer.from(bytes))).toBe(true);
    }),
  );
});

test("fields that are missing at the end have their defaults", () => {
  const whole = { failed: false, leader: "l", leaderUrl: "u", configOffset: 1, assigned: NO_WORK };
  const bytes = encodeAssignment(2, { ...whole, revoked: NO_WORK, delayMs: 7 });
  for (const missing of [4, 8, 12])
    expect(decodeAssignment(bytes.subarray(0, bytes.length - missing))).toMatchObject({
      revoked: NO_WORK,
      delayMs: 0,
    });
  const about = encodeMetadata(1, { url: "u", configOffset: 1, allocation: null });
  expect(decodeMetadata(about.subarray(0, about.length - 4)).allocation).toBeNull();
});

test("arrays that are null are empty", () => {
  const message = { failed: true, leader: "", leaderUrl: "", configOffset: 0, delayMs: 3 };
  const bytes = encodeAssignment(1, { ...message, assigned: NO_WORK, revoked: NO_WORK });
  bytes.writeInt32BE(-1, bytes.length - 12);
  bytes.writeInt32BE(-1, bytes.length - 8);
  expect(decodeAssignment(bytes)).toEqual({ ...message, assigned: NO_WORK, revoked: NO_WORK });
});

test("a name too long for the protocol is refused, and named", () => {
  const long = { url: "x".repeat(40_000), configOffset: 0, allocation: null };
  expect(() => encodeMetadata(0, long)).toThrow(/40000 bytes .*"xxxx.*32767/);
});

test("a protocol that is not Connect's is refused", () => {
  expect(() => versionOf("range")).toThrow(/"range".*group\.id/);
});

/** @returns whether each decoder reads the bytes, or refuses them as it should */
function isReadOrRefused(bytes: Buffer): boolean {
  return [decodeAssignment, decodeMetadata].every((decode) => {
    try {
      decode(bytes);
      return true;
    } catch (error) {
      return isConnectError(error);
    }
  });
}
