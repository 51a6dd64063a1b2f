import type { Events } from "../../feed/events.ts";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import type { RestartRequest } from "../herder.ts";

/** Tells of what is read from the config topic, so that every worker tells of it. */
export class ConfigEvents {
  readonly #events: Events;
  readonly #snapshot: () => ConfigSnapshot;
  readonly #known: Set<string>;

  constructor(events: Events, snapshot: () => ConfigSnapshot) {
    this.#events = events;
    this.#snapshot = snapshot;
    this.#known = new Set(snapshot().connectors());
  }

  updated(connector: string): void {
    const change = this.#known.has(connector) ? "updated" : "created";
    this.#known.add(connector);
    this.#events.add({ type: "config", connector, change });
  }

  removed(connector: string): void {
    this.#known.delete(connector);
    this.#events.add({ type: "config", connector, change: "deleted" });
  }

  tasks(connector: string): void {
    const count = this.#snapshot().taskCount(connector);
    this.#events.add({ type: "tasks", connector, count });
  }

  target(connector: string): void {
    const target = this.#snapshot().targetState(connector);
    this.#events.add({ type: "target", connector, target });
  }

  restart(connector: string, { includeTasks, onlyFailed }: RestartRequest): void {
    this.#events.add({
      type: "restart",
      connector,
      include_tasks: includeTasks,
      only_failed: onlyFailed,
    });
  }
}
