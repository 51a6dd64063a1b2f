import type { GroupConsumer } from "@millrace/kafka-client";
import type { TaskLife } from "../task/life.ts";
import type { UnitState } from "../threads/units.ts";
import type { Deliverer } from "./deliver.ts";
import type { SinkContext } from "./sink-context.ts";

/**
 * Which partitions flow. All are held while the connector is paused or a batch waits to
 * be given again, some while the task asks for it; the consumer goes on polling, so that
 * it stays in its group.
 */
export class PauseState {
  readonly #life: TaskLife;
  readonly #context: SinkContext;
  readonly #deliverer: Deliverer;
  readonly #reportState: (state: UnitState) => void;
  #reportedPaused = false;
  #holdingAll = false;
  #stale = true;

  constructor(
    life: TaskLife,
    context: SinkContext,
    deliverer: Deliverer,
    reportState: (state: UnitState) => void,
  ) {
    this.#life = life;
    this.#context = context;
    this.#deliverer = deliverer;
    this.#reportState = reportState;
  }

  /** The assignment has changed: new partitions begin unpaused. */
  invalidate(): void {
    this.#stale = true;
  }

  apply(consumer: GroupConsumer): void {
    this.#report();
    const holdAll = this.#life.paused || this.#deliverer.held !== undefined;
    const changed = this.#context.takePausedChanged();
    if (!changed && !this.#stale && holdAll === this.#holdingAll) return;
    this.#stale = false;
    this.#holdingAll = holdAll;
    const assignment = consumer.assignment();
    consumer.pause(assignment.filter((tp) => holdAll || this.#context.isPaused(tp)));
    consumer.resume(assignment.filter((tp) => !holdAll && !this.#context.isPaused(tp)));
  }

  #report(): void {
    if (this.#life.paused === this.#reportedPaused) return;
    this.#reportedPaused = this.#life.paused;
    if (this.#reportedPaused) this.#context.requestCommit();
    this.#reportState(this.#reportedPaused ? "PAUSED" : "RUNNING");
  }
}
