import type { Instant, Parameter } from "../session.ts";
import { isoWallClock } from "../reading/wall-clock.ts";
import type { TimeZone } from "../time-zone.ts";

const INT8_OID = 20;
const UNSPECIFIED = 0;

/** A parameter as the protocol takes it. */
export interface BoundParameter {
  /** 0 leaves the type to the server, which takes it from what the parameter is compared with. */
  readonly typeOid: number;
  /** 1 for the binary form, 0 for the text form. */
  readonly format: 0 | 1;
  readonly bytes: Buffer;
}

export function bindParameters(
  parameters: readonly Parameter[],
  timeZone: TimeZone,
): BoundParameter[] {
  return parameters.map((parameter) => {
    if (typeof parameter === "bigint") {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(parameter);
      return { typeOid: INT8_OID, format: 1, bytes };
    }
    const text = timestampText(parameter.instant, timeZone);
    return { typeOid: UNSPECIFIED, format: 0, bytes: Buffer.from(text) };
  });
}

/**
 * The time that clocks of the zone show, with its offset: a timestamptz is that instant, a
 * timestamp is what stands before the offset (as pgjdbc sends it: `setTimestamp` with a
 * calendar).
 */
export function timestampText(instant: Instant, timeZone: TimeZone): string {
  const ms = Number(instant / 1_000_000n);
  const offset = timeZone.offsetAt(ms);
  const wallClock = instant + BigInt(offset) * 1_000_000n;
  const sign = offset < 0 ? "-" : "+";
  const seconds = Math.abs(offset) / 1000;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const zone = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return `${isoWallClock(wallClock, 6).replace("T", " ")}${sign}${zone}`;
}
