import { DataError } from "@millrace/connect-api";
import { jsonText } from "../json-text.ts";
import { instant } from "./instant.ts";
import { scalarText } from "./locator.ts";
import type { Page } from "./page.ts";
import { hashOf, type Position } from "./position.ts";
import type { Incremental, SourceSettings } from "./settings.ts";

/** An item that was not given out before. */
export interface Fresh {
  readonly item: unknown;
  /** Nanoseconds since 1970; undefined where items have no timestamps. */
  readonly at: bigint | undefined;
  /** Where to go on after this item, and it alone, is in Kafka. */
  readonly position: Position;
}

/** Where in a list one is, which is forgotten with the task. */
export interface Walk {
  /** The page to ask for next; null for the first. */
  readonly page: string | null;
  /** A page before it that may not have been full when it was read; undefined for none. */
  readonly unsure: string | null | undefined;
  /** Records of a full page; 0 while that is not known. */
  readonly full: number;
}

/** What a page brings. */
export interface Step {
  readonly fresh: readonly Fresh[];
  /** Where to go on once everything of the page is in Kafka. */
  readonly position: Position;
  readonly walk: Walk;
  /** The list is at its end: the next page is asked for after a while. */
  readonly isEnd: boolean;
}

/**
 * Moves on by a page. A position never points behind an item that was not given out before
 * it: until the last item of a page is in Kafka the page is read again (I1).
 * Pages that are counted may grow while they are read: one that was perhaps not full is
 * read again before one goes on behind the next.
 * @throws {DataError} for an item without the timestamp or value that it must have
 */
export function advance(
  settings: SourceSettings,
  position: Position,
  walk: Walk,
  page: Page,
): Step {
  const { unsure, full } = walk;
  const count = page.items.length;
  const { pagination, incremental } = settings;
  const goesOn = incremental !== null || pagination.atEnd === "keep";
  const isCounted = pagination.type === "page" && goesOn;
  if (isCounted && unsure !== undefined && walk.page !== unsure && count > 0) {
    // There is something on this page, so the one before is full by now; was it when it was read?
    return { fresh: [], position, walk: { ...walk, page: unsure }, isEnd: false };
  }
  const { page: next, ...moved } = move(settings, position, walk.page, page);
  if (!isCounted || moved.isEnd) return { ...moved, walk: { page: next, unsure: undefined, full } };
  const isRead = walk.page === unsure;
  const isFull = isRead || count === full;
  return {
    ...(isFull ? moved : comingBack(moved, walk.page)),
    walk: { page: next, unsure: isFull ? undefined : walk.page, full: isRead ? count : full },
  };
}

/** A page that is to be read again is so after a restart, too. */
function comingBack({ fresh, position: after, isEnd }: Omit<Move, "page">, page: string | null) {
  const position = { ...after, page };
  const turn = (item: Fresh) => (item.position === after ? { ...item, position } : item);
  return { fresh: fresh.map(turn), position, isEnd };
}

interface Move extends Omit<Step, "walk"> {
  readonly page: string | null;
}

function move(
  settings: SourceSettings,
  position: Position,
  asked: string | null,
  page: Page,
): Move {
  switch (settings.incremental?.type) {
    case "timestamp":
      return byTimestamp(settings, settings.incremental, position, asked, page);
    case "chaining":
      return byChain(settings.incremental, position, page);
    case undefined:
      return settings.pagination.atEnd === "keep"
        ? byPlace(settings, position, asked, page)
        : byRound(settings, position, asked, page);
  }
}

/** The page after this one; null when the list is at its end. */
function nextPage({ pagination }: SourceSettings, asked: string | null, page: Page): string | null {
  const { type, first } = pagination;
  const count = page.items.length;
  switch (type) {
    case "none":
      return null;
    case "page":
      return count > 0 ? String(BigInt(asked ?? first ?? "1") + 1n) : null;
    case "offset":
      return count > 0 ? String(BigInt(asked ?? first ?? "0") + BigInt(count)) : null;
    case "cursor":
    case "link-header":
    case "next-url":
      return page.next === asked ? null : page.next;
  }
}

/** Lists that are read from the first page again: whole, each time. */
function byRound(
  settings: SourceSettings,
  position: Position,
  asked: string | null,
  page: Page,
): Move {
  const next = nextPage(settings, asked, page);
  const after = { ...position, page: next };
  const fresh = inOrder(
    page.items.map((item) => ({ item, at: undefined })),
    position,
    after,
  );
  return { fresh, position: after, page: next, isEnd: next === null };
}

/** Lists that only grow: reading goes on with the last page, less what is known of it. */
function byPlace(
  settings: SourceSettings,
  position: Position,
  asked: string | null,
  page: Page,
): Move {
  const { type, first } = settings.pagination;
  const { items } = page;
  const next = nextPage(settings, asked, page);
  if (type === "offset") {
    const end = String(BigInt(asked ?? first ?? "0") + BigInt(items.length));
    const after = { ...position, page: end, seen: NOTHING };
    const fresh = inOrder(
      items.map((item) => ({ item, at: undefined })),
      position,
      after,
    );
    return { fresh, position: after, page: end, isEnd: next === null };
  }
  const known = asked === position.page ? position.seen : NOTHING;
  const hashes = items.map((item) => hashOf(jsonText(null, item, "NUMERIC")));
  const left = items.filter((_item, i) => !known.has(hashes[i] as string)); // one per item
  const here = { ...position, page: asked, seen: new Map(hashes.map((hash) => [hash, ""])) };
  const isNamed = type !== "page" && next !== null;
  const after = isNamed
    ? { ...position, page: next, seen: NOTHING }
    : // A page that was only counted to, and is empty, may never come to be.
      items.length > 0 || asked === position.page
      ? here
      : position;
  const fresh = inOrder(
    left.map((item) => ({ item, at: undefined })),
    position,
    after,
  );
  const isEnd = next === null || (isNamed && items.length === 0);
  return { fresh, position: after, page: isEnd ? after.page : next, isEnd };
}

/** Lists of what is not older than the latest timestamp of the list before, as a whole. */
function byTimestamp(
  settings: SourceSettings,
  incremental: Incremental,
  position: Position,
  asked: string | null,
  page: Page,
): Move {
  const { format, overlapMs } = incremental;
  const overlap = BigInt(overlapMs) * 1_000_000n;
  const at = (text: string | null) => (text === null ? undefined : instant(text, format));
  const since = at(position.since);
  let { max } = position;
  let latest = at(max);
  const seen = new Map(position.seen);
  const here = new Set<string>();
  const left: { item: unknown; at: bigint }[] = [];
  for (const item of page.items) {
    const text = valueOf(item, incremental);
    const moment = instant(text, format);
    if (moment === undefined) throw notATimestamp(text, incremental);
    if (since !== undefined && moment < since - overlap) continue;
    const hash = hashOf(jsonText(null, item, "NUMERIC"));
    here.add(hash);
    if (seen.has(hash)) continue;
    seen.set(hash, text);
    left.push({ item, at: moment });
    if (latest === undefined || moment > latest) [latest, max] = [moment, text];
  }
  const next = nextPage(settings, asked, page);
  const isEnd = next === null;
  if (isEnd && (latest === undefined || (since !== undefined && latest < since))) {
    [latest, max] = [since, position.since];
  }
  for (const [hash, text] of seen) {
    const moment = at(text);
    // What this list may still bring again (or this page, if it is read again), and what the next one may.
    const isOld = since !== undefined && moment !== undefined && moment <= since;
    const isOfThisList = !isEnd && (isOld || here.has(hash));
    const isRecent = latest === undefined || moment === undefined || moment >= latest - overlap;
    if (!isOfThisList && !isRecent) seen.delete(hash);
  }
  const after: Position = isEnd
    ? { page: null, since: max, max: null, seen }
    : { page: next, since: position.since, max, seen };
  return { fresh: inOrder(left, position, after), position: after, page: next, isEnd };
}

/** Each item says how one asks for those after it. */
function byChain(incremental: Incremental, position: Position, { items }: Page): Move {
  let current = position;
  const fresh: Fresh[] = [];
  for (const item of items) {
    const value = valueOf(item, incremental);
    const hash = hashOf(jsonText(null, item, "NUMERIC"));
    const isSame = value === current.since;
    if (isSame && current.seen.has(hash)) continue;
    const seen = new Map(isSame ? current.seen : NOTHING).set(hash, value);
    current = { page: null, since: value, max: null, seen };
    fresh.push({ item, at: undefined, position: current });
  }
  return { fresh, position: current, page: null, isEnd: fresh.length === 0 };
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** All but the last item lead to the page again. */
function inOrder(
  left: readonly { readonly item: unknown; readonly at: bigint | undefined }[],
  before: Position,
  after: Position,
): Fresh[] {
  return left.map(({ item, at }, i) => ({
    item,
    at,
    position: i === left.length - 1 ? after : before,
  }));
}

function valueOf(item: unknown, { value, type }: Incremental): string {
  const text = scalarText(value.one(item));
  if (text !== undefined) return text;
  throw new DataError(
    `A record has neither text nor number at ${value.text}, where the configuration looks for its ${type === "timestamp" ? "timestamp" : "value"}`,
  );
}

function notATimestamp(text: string, { value, format }: Incremental): DataError {
  return new DataError(
    `A record has at ${value.text} "${text}", which is no timestamp (${format})`,
  );
}
