import type { SourceRecord } from "@millrace/connect-api";
import { until } from "../task/until.ts";
import { Delivery, type DeliveryOptions } from "./delivery.ts";
import { InFlight } from "./in-flight.ts";
import { OffsetCommitter, type OffsetCommitterOptions } from "./offset-committer.ts";
import type { SourceDelivery } from "./source-delivery.ts";

export interface AtLeastOnceOptions
  extends Omit<DeliveryOptions, "inFlight">, Omit<OffsetCommitterOptions, "inFlight"> {
  readonly connector: string;
}

/**
 * Records first, and their offsets at intervals once all before them is acknowledged (I1): a crash
 * repeats records and loses none (I2).
 */
export class AtLeastOnce implements SourceDelivery {
  readonly transactionContext = null;
  readonly #options: AtLeastOnceOptions;
  readonly #inFlight: InFlight;
  readonly #committer: OffsetCommitter;
  readonly #delivery: Delivery;

  constructor(options: AtLeastOnceOptions) {
    this.#options = options;
    this.#inFlight = new InFlight(options.connector);
    this.#committer = new OffsetCommitter({ ...options, inFlight: this.#inFlight });
    this.#delivery = new Delivery({ ...options, inFlight: this.#inFlight });
  }

  async start(): Promise<void> {}

  async send(records: readonly SourceRecord[]): Promise<void> {
    if (records.length > 0) await this.#delivery.send(records);
  }

  /** Offsets are committed by the clock. */
  async pausing(): Promise<void> {}

  /** Waits for what is on its way, as long as a flush may take, and commits. */
  async finish(): Promise<void> {
    const { life, timeoutMs } = this.#options;
    this.#committer.stop();
    const patience = AbortSignal.any([life.cancelled, AbortSignal.timeout(timeoutMs)]);
    await until(this.#inFlight.drained(), patience);
    if (!life.cancelled.aborted) await this.#committer.commit();
  }

  cancel(): void {
    this.#committer.stop();
  }
}
