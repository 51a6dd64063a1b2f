import { ConnectError, type Logger, type PluginMetrics } from "@millrace/connect-api";
import { type Connection, quoteText } from "./client.ts";
import type { Config } from "./config.ts";
import { findSlot, lossOf, lost } from "./slot.ts";

/** From this share of the limit on there are warnings. */
const WARNING_SHARE = 0.5;

export interface WalGuardOptions {
  readonly config: Config;
  readonly connection: () => Promise<Connection>;
  readonly logger: Logger;
  readonly metrics: PluginMetrics | undefined;
  /** `server_version_num` */
  readonly version: number;
}

/**
 * Watches how much of the server's log the slot holds back, which can fill its disk: tells
 * it as a metric, warns, and fails the task at `max.wal.lag.bytes`, so that somebody looks.
 */
export class WalGuard {
  readonly #options: WalGuardOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #failure: unknown;
  #retained = 0;
  #lastWarning = "";

  constructor(options: WalGuardOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, options.config["status.update.interval.ms"]);
    const { metrics } = options;
    if (metrics === undefined) return;
    const name = metrics.metricName(
      "wal-retained-bytes",
      "Bytes of PostgreSQL's log that the replication slot holds back",
    );
    metrics.addMetric(name, () => this.#retained);
  }

  /** @throws {ConnectError} when the limit is passed, or the slot has lost what it needs */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    const { metrics } = this.#options;
    metrics?.removeMetric(metrics.metricName("wal-retained-bytes", ""));
  }

  async #look(): Promise<void> {
    const { config, connection, logger, version } = this.#options;
    try {
      const session = await connection();
      const slot = await findSlot(session, config["slot.name"], version);
      const why = lossOf(slot, config);
      if (why !== undefined) throw lost(why);
      const [row] = await session.query(
        `SELECT pg_wal_lsn_diff(
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
           restart_lsn)::bigint
         FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteText(config["slot.name"])}`,
        "Could not ask how much of the log the slot holds back",
      );
      this.#retained = Number(row?.[0] ?? 0);
      this.#judge(slot?.walStatus);
    } catch (error) {
      // A connection that is lost is the stream's to tell.
      if (error instanceof ConnectError && !error.retriable) this.#failure = error;
      else logger.debug("The slot could not be looked at", { error });
    }
  }

  #judge(walStatus: string | undefined): void {
    const { config, logger } = this.#options;
    const limit = config["max.wal.lag.bytes"];
    const held = `Slot ${config["slot.name"]} holds back ${this.#retained} bytes of the server's log`;
    if (limit > 0 && this.#retained > limit) {
      throw new ConnectError(
        `${held}, more than max.wal.lag.bytes (${limit}). See why Kafka or this connector is slow or what keeps a transaction open, then restart the connector; or raise the limit`,
      );
    }
    const isNear = limit > 0 && this.#retained > limit * WARNING_SHARE;
    const isUnreserved = walStatus === "unreserved";
    const warning = isUnreserved ? "unreserved" : isNear ? "near" : "";
    if (warning !== "" && warning !== this.#lastWarning) {
      const threat = isUnreserved
        ? "; the server may remove it at its next checkpoint (max_slot_wal_keep_size), and changes would be lost"
        : `, more than half of max.wal.lag.bytes (${limit})`;
      logger.warn(held + threat);
    }
    this.#lastWarning = warning;
  }
}
