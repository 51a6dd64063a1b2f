import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import type { WorkingSet } from "./working-set.ts";

export interface ConfigReactionsOptions {
  readonly working: WorkingSet;
  readonly snapshot: () => ConfigSnapshot;
  /** @param coveredBy as in `Membership.rebalanceSoon` */
  readonly rebalanceSoon: (reason: string, coveredBy?: number) => void;
}

/**
 * What this worker does when the config topic has changed. Records that arrive together are
 * looked at together: what was made and deleted again, say, does nothing.
 */
export class ConfigReactions {
  readonly #options: ConfigReactionsOptions;
  #seen: ConfigSnapshot;
  readonly #configs = new Set<string>();
  readonly #tasks = new Set<string>();
  readonly #targets = new Set<string>();
  #scheduled = false;

  constructor(options: ConfigReactionsOptions) {
    this.#options = options;
    this.#seen = options.snapshot();
  }

  /** A connector was made, changed or deleted. */
  connectorChanged(name: string): void {
    this.#note(this.#configs, name);
  }

  /** Task configurations were committed. */
  tasksChanged(name: string): void {
    this.#note(this.#tasks, name);
  }

  targetStateChanged(name: string): void {
    this.#note(this.#targets, name);
  }

  #note(changes: Set<string>, name: string): void {
    changes.add(name);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#react());
  }

  #react(): void {
    this.#scheduled = false;
    const before = this.#seen;
    const after = this.#options.snapshot();
    this.#seen = after;
    for (const name of take(this.#configs)) this.#connector(name, before, after);
    for (const name of take(this.#tasks)) this.#taskConfigs(name, before, after);
    for (const name of take(this.#targets)) this.#target(name, after);
  }

  #connector(name: string, before: ConfigSnapshot, after: ConfigSnapshot): void {
    const { working, rebalanceSoon } = this.#options;
    if (after.has(name)) {
      // A changed one only starts again where it is: there is nothing to share out anew.
      if (before.has(name)) void working.connector(name)?.restart();
      else rebalanceSoon(`connector ${name} was created`, after.offset);
      if (before.taskCount(name) === 0 || after.taskCount(name) > 0) return;
      // Deleted and made anew meanwhile: its old tasks are nobody's.
      void working.stop({ connectors: [], tasks: working.tasks(name).map(({ id }) => id) });
      rebalanceSoon(`connector ${name} was made anew`);
    } else if (before.has(name)) {
      const tasks = working.tasks(name).map(({ id }) => id);
      void working.stop({ connectors: [name], tasks });
      rebalanceSoon(`connector ${name} was deleted`, after.offset);
    }
  }

  #taskConfigs(name: string, before: ConfigSnapshot, after: ConfigSnapshot): void {
    const { working, rebalanceSoon } = this.#options;
    if (!after.has(name)) return;
    if (after.isInconsistent(name)) {
      // Records were lost to compaction: whoever has the connector makes them anew.
      working.connector(name)?.reconfigure();
      return;
    }
    if (before.taskCount(name) === 1 && after.taskCount(name) === 1) {
      for (const task of working.tasks(name)) if (task.isOutdated) void task.restart();
      return;
    }
    // What one task had may be another's now, on another worker: all must have ended before
    // any begins. The rebalance sees to that, as every worker ends its own before it joins.
    const outdated = working.tasks(name).filter((task) => task.isOutdated);
    void working.stop({ connectors: [], tasks: outdated.map(({ id }) => id) });
    // What was stopped here starts with the next assignment; where nothing was, the last may do.
    const coveredBy = outdated.length === 0 ? after.offset : undefined;
    rebalanceSoon(`connector ${name} has new tasks`, coveredBy);
  }

  #target(name: string, after: ConfigSnapshot): void {
    if (after.has(name)) this.#options.working.setTargetState(name, after.targetState(name));
  }
}

function take(names: Set<string>): string[] {
  const taken = [...names];
  names.clear();
  return taken;
}
