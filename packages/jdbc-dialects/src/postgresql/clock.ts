import { ConnectError } from "@millrace/connect-api";
import type { Instant } from "../session.ts";

/** Microseconds since the epoch. */
const micros = (time: string) => `floor(extract(epoch FROM ${time}) * 1000000)::int8`;

export const NOW: string = `SELECT ${micros("pg_catalog.clock_timestamp()")}`;

/**
 * A backend takes the time for its transaction before it shows it to others. This long a
 * transaction may have begun without being seen.
 */
const UNSEEN = "interval '1 second'";

/**
 * Asks for the begin of the oldest transaction of the database that may write still.
 * Sessions of this user under the same application name are connectors', which only read.
 * A prepared transaction has lost its begin, and a standby knows no transactions at all.
 * Of others' sessions a user without the right to see them sees no more than that they are
 * there, not even of which kind.
 */
export function safeTimeSql(): string {
  return `
    SELECT pg_catalog.pg_is_in_recovery(),
      (SELECT count(*) FROM pg_catalog.pg_prepared_xacts
       WHERE database = pg_catalog.current_database()),
      count(*) FILTER (WHERE a.query = '<insufficient privilege>' AND a.usesysid IS NOT NULL),
      ${micros(`least(min(a.xact_start), pg_catalog.clock_timestamp() - ${UNSEEN})`)}
    FROM pg_catalog.pg_stat_activity a
    WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
      AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'walsender')
      AND (a.usename IS DISTINCT FROM current_user
        OR a.application_name IS DISTINCT FROM pg_catalog.current_setting('application_name'))`;
}

/** @throws {ConnectError} when this server, or this user, cannot know */
export function readSafeTime(row: readonly (string | null)[], where: string): Instant | null {
  const [isStandby, prepared, hidden, time] = row;
  if (isStandby === "t") {
    throw new ConnectError(
      `watermark.safe does not work with a standby (${where}), which does not know of the transactions that are open on its primary. Set connection.url to the primary, or use timestamp.delay.interval.ms`,
    );
  }
  if (Number(hidden) > 0) {
    throw new ConnectError(
      `watermark.safe asks since when others' transactions are open, which connection.user may not see (${where}). GRANT pg_read_all_stats to the user`,
    );
  }
  return Number(prepared) > 0 || time == null ? null : BigInt(time) * 1000n;
}
