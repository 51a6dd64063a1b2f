/** Microseconds since the epoch. */
export const NOW = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)";

/**
 * How long before a transaction shows up the statement may have taken the time that its
 * rows get: it shows up with the first row it touches, by the second.
 */
const UNSEEN_S = 2;

/**
 * Asks for the begin of the oldest open transaction, or statement that may become one, in
 * microseconds since the epoch. The first are told in the server's own time zone. It takes
 * the privilege PROCESS: the server refuses it without.
 */
export const SAFE_TIME = `
  SELECT CAST((UNIX_TIMESTAMP(LEAST(
    SYSDATE(6),
    COALESCE((SELECT MIN(CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'))
      FROM information_schema.innodb_trx
      WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_is_read_only = 0), SYSDATE(6)),
    COALESCE((SELECT MIN(SYSDATE(6) - INTERVAL time SECOND)
      FROM information_schema.processlist
      WHERE id <> CONNECTION_ID() AND command IN ('Query', 'Execute')), SYSDATE(6))
  )) - ${UNSEEN_S}) * 1000000 AS SIGNED)`;
