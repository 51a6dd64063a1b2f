import { ConnectError } from "@millrace/connect-api";

/**
 * Versions and version ranges of plugins (KIP-891), in Maven's notation: `[1.0,2.0)`,
 * `(,1.5]`, `[1.2]`, several separated by commas. A bare `1.2` means exactly that
 * version, as the Java worker reads it.
 */

interface Interval {
  readonly low: string | undefined;
  readonly high: string | undefined;
  readonly lowIncluded: boolean;
  readonly highIncluded: boolean;
}

export interface VersionRange {
  includes(version: string): boolean;
  /** Java's way of printing it: `[1.2,1.2]`. */
  toString(): string;
}

/** @throws {ConnectError} when the text is not a range */
export function parseVersionRange(text: string): VersionRange {
  const trimmed = text.trim();
  const intervals = /^[[(]/.test(trimmed) ? parseIntervals(trimmed) : [exactly(bare(trimmed))];
  return {
    includes: (version) => intervals.some((interval) => contains(interval, version)),
    toString: () => intervals.map(printInterval).join(","),
  };
}

/** Negative when `a` is older than `b`. Numbers compare as numbers; `1.0-rc1` is older than `1.0`. */
export function compareVersions(a: string, b: string): number {
  const [releaseA, pre] = split(a);
  const [releaseB, preB] = split(b);
  const byRelease = compareParts(releaseA, releaseB);
  if (byRelease !== 0) return byRelease;
  if (pre.length === 0 || preB.length === 0) return preB.length - pre.length;
  return compareParts(pre, preB);
}

function parseIntervals(text: string): Interval[] {
  const intervals = [
    ...text.matchAll(/([[(])\s*([^,[\]()]*?)\s*(?:(,)\s*([^,[\]()]*?)\s*)?([\])])/g),
  ];
  const rest = intervals.reduce((left, [all]) => left.replace(all, ""), text);
  if (intervals.length === 0 || /[^,\s]/.test(rest)) throw invalid(text);
  return intervals.map(([, open, first, comma, second, close]) => {
    if (comma === undefined) {
      if (open !== "[" || close !== "]" || !first) throw invalid(text);
      return exactly(first);
    }
    return {
      low: first || undefined,
      high: second || undefined,
      lowIncluded: open === "[",
      highIncluded: close === "]",
    };
  });
}

function bare(text: string): string {
  if (text === "" || /[[\]()\s,]/.test(text)) throw invalid(text);
  return text;
}

function invalid(text: string): ConnectError {
  return new ConnectError(
    `"${text}" is not a version or version range: write 1.2 or [1.2] for one version, [1.0,2.0) for a range, latest for the newest`,
  );
}

function exactly(version: string): Interval {
  return { low: version, high: version, lowIncluded: true, highIncluded: true };
}

function contains({ low, high, lowIncluded, highIncluded }: Interval, version: string): boolean {
  if (low !== undefined) {
    const order = compareVersions(version, low);
    if (order < 0 || (order === 0 && !lowIncluded)) return false;
  }
  if (high !== undefined) {
    const order = compareVersions(version, high);
    if (order > 0 || (order === 0 && !highIncluded)) return false;
  }
  return true;
}

function printInterval({ low = "", high = "", lowIncluded, highIncluded }: Interval): string {
  return `${lowIncluded ? "[" : "("}${low},${high}${highIncluded ? "]" : ")"}`;
}

function split(version: string): [release: string[], preRelease: string[]] {
  const [release = "", pre] = version.split("+", 1)[0]!.split(/-(.*)/s);
  return [release.split("."), pre ? pre.split(/[.-]/) : []];
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i] ?? "0";
    const y = b[i] ?? "0";
    if (x === y) continue;
    const numbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    const order = numbers ? Number(x) - Number(y) : x < y ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}
