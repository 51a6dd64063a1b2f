import type { SinkRecord } from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect } from "vitest";
import { type Reaction, TestServer } from "./http-server.ts";
import { record, startConfluent } from "./sink.ts";

const TIMEOUT_MS = 150;
const PARTITIONS = 3;

/** The server has the records, and the client cannot know. */
const AMBIGUOUS: readonly Reaction[] = [
  { kind: "reset-after" },
  { kind: "answer-late", ms: TIMEOUT_MS * 2 },
];
/** The server has not the records, and says so or is not reached. */
const CLEAR: readonly Reaction[] = [
  { kind: "reset-before" },
  { kind: "garbage" },
  { status: 429 },
  { status: 500, body: "<html>" },
  { status: 503, headers: { "retry-after": "0" } },
  { kind: "huge-body", status: 502 },
];
/** The server has the records, and says so, whatever comes then. */
const TAKEN: readonly Reaction[] = [{ status: 200 }, { status: 204 }, { kind: "wrong-length" }];

const reaction = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TAKEN) },
  { weight: 2, arbitrary: fc.constantFrom(...CLEAR) },
  { weight: 2, arbitrary: fc.constantFrom(...AMBIGUOUS) },
);
/** Records by partition and key; a key is always in the same partition. */
const log = fc.array(fc.nat(11), { minLength: 1, maxLength: 60 });
const settings = fc.record({
  ordering: fc.constantFrom("partition", "key"),
  "max.in.flight.requests": fc.integer({ min: 1, max: 4 }).map(String),
  "batch.max.size": fc.constantFrom("1", "3", "10"),
  "linger.ms": fc.constantFrom("0", "1"),
});

interface Takes {
  readonly takes: readonly Take[];
  /** Every time-out was the server's: on a busy machine a prompt answer may be late, too. */
  readonly isPrompt: boolean;
}

interface Take {
  readonly key: string;
  readonly number: number;
  readonly isAmbiguous: boolean;
}

/** The run with reactions in turn, from the first again when they are through. */
async function takesOf(
  keys: readonly number[],
  reactions: readonly Reaction[],
  props: Record<string, string>,
  crashAfter: number | undefined,
): Promise<Takes> {
  await using server = await TestServer.start();
  const takes: Take[] = [];
  let late = 0;
  server.react = ({ body }) => {
    const next = reactions[(server.seen.length - 1) % reactions.length] ?? { status: 200 };
    const isAmbiguous = AMBIGUOUS.includes(next);
    if (next.kind === "answer-late") late++;
    if (isAmbiguous || TAKEN.includes(next)) {
      for (const item of body.split(",")) {
        const [key = "", number] = item.split("#");
        takes.push({ key, number: Number(number), isAmbiguous });
      }
    }
    return next;
  };
  const all = { ...props, "http.request.timeout.ms": String(TIMEOUT_MS), "max.retries": "1000" };
  const ends = Array.from({ length: PARTITIONS }, () => 0);
  const records = keys.map((key, number) => {
    const kafkaPartition = key % PARTITIONS;
    const value = `k${key}#${number}`;
    return record(ends[kafkaPartition]!++, `k${key}`, value, { kafkaPartition });
  });
  const committed = Array.from({ length: PARTITIONS }, () => 0);
  const open = () =>
    records.filter(({ kafkaPartition, kafkaOffset }) => kafkaOffset >= committed[kafkaPartition]!);
  const remember = (offsets: Iterable<[{ partition: number }, number]>) => {
    for (const [{ partition }, offset] of offsets) committed[partition] = offset;
  };
  if (crashAfter !== undefined) {
    const run = await startConfluent(server.url, { ...all, "flush.timeout.ms": "5" });
    for (const batch of batches(open()).slice(0, crashAfter)) {
      await run.put(batch);
      remember(await run.commit());
    }
    await run.crash();
  }
  const run = await startConfluent(server.url, all);
  for (const batch of batches(open())) await run.put(batch);
  while (open().length > 0) {
    await run.putNothing();
    remember(await run.commit());
  }
  await run.stop();
  const timeouts = run.logger.text().split("(http.request.timeout.ms)").length - 1;
  return { takes, isPrompt: timeouts === late };
}

function batches(records: readonly SinkRecord[]): SinkRecord[][] {
  return Array.from({ length: Math.ceil(records.length / 7) }, (_, i) =>
    records.slice(i * 7, i * 7 + 7),
  );
}

function byKey(takes: readonly Take[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { key, number } of takes) numbers.set(key, [...(numbers.get(key) ?? []), number]);
  return numbers;
}

/** Whoever keeps the latest of each key has at the end, and never skips, what was sent. */
function expectOrder(keys: readonly number[], takes: readonly Take[]): void {
  const taken = byKey(takes);
  for (const key of new Set(keys)) {
    const expected = keys.flatMap((other, number) => (other === key ? [number] : []));
    const numbers = taken.get(`k${key}`) ?? [];
    expect([...new Set(numbers)], `first deliveries of k${key}`).toEqual(expected);
    const last = [...new Set(numbers.toReversed())].toReversed();
    expect(last, `last deliveries of k${key}`).toEqual(expected);
  }
}

const reactions = fc
  .array(reaction, { minLength: 1, maxLength: 12 })
  .map((list) => [...list, TAKEN[0]!]);

/** Nothing is lost, keys stay in order, and only what is ambiguous comes twice. */
export function checkDelivery(parameters: fc.Parameters<unknown>): Promise<void> {
  const property = fc.asyncProperty(log, reactions, settings, async (keys, inTurn, props) => {
    const { takes, isPrompt } = await takesOf(keys, inTurn, props, undefined);
    expectOrder(keys, takes);
    const clear = takes.filter(({ isAmbiguous }) => !isAmbiguous).map(({ number }) => number);
    const expected = keys.map((_key, number) => number);
    expect((isPrompt ? clear : [...new Set(clear)]).toSorted((a, b) => a - b)).toEqual(expected);
  });
  return fc.assert(property, { ...parameters, endOnFailure: true });
}

/** Nothing is lost and keys stay in order over a crash. */
export function checkCrash(parameters: fc.Parameters<unknown>): Promise<void> {
  const property = fc.asyncProperty(
    log,
    reactions,
    settings,
    fc.integer({ min: 1, max: 6 }),
    async (keys, inTurn, props, crashAfter) => {
      const { takes } = await takesOf(keys, inTurn, props, crashAfter);
      expectOrder(keys, takes);
    },
  );
  return fc.assert(property, { ...parameters, endOnFailure: true });
}
