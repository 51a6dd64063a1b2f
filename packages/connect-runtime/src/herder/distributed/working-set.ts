import type { TaskId, Work } from "../../store/work.ts";
import type { RestartRequest } from "../herder.ts";
import type { TargetState } from "../../threads/units.ts";
import { WorkingConnector } from "./working-connector.ts";
import type { WorkingContext } from "./working-context.ts";
import { WorkingTask } from "./working-task.ts";

/** All that this worker runs for the cluster. */
export class WorkingSet {
  readonly #context: WorkingContext;
  readonly #connectors = new Map<string, WorkingConnector>();
  readonly #tasks = new Map<string, Map<number, WorkingTask>>();
  /** Stops under way. */
  readonly #stopping = new Set<Promise<void>>();

  constructor(context: WorkingContext) {
    this.#context = context;
  }

  get work(): Work {
    return {
      connectors: [...this.#connectors.keys()],
      tasks: [...this.#tasks.values()].flatMap((tasks) => [...tasks.values()].map(({ id }) => id)),
    };
  }

  /** @param task undefined: the connector itself */
  has(connector: string, task?: number): boolean {
    return task === undefined
      ? this.#connectors.has(connector)
      : this.#tasks.get(connector)?.has(task) === true;
  }

  connector(name: string): WorkingConnector | undefined {
    return this.#connectors.get(name);
  }

  tasks(connector: string): WorkingTask[] {
    return [...(this.#tasks.get(connector)?.values() ?? [])];
  }

  task({ connector, task }: TaskId): WorkingTask | undefined {
    return this.#tasks.get(connector)?.get(task);
  }

  /** Starts what does not run yet of the work given, and stops what is not in it. */
  adopt(work: Work): void {
    const wanted = new Set(work.connectors);
    const wantedTasks = new Set(work.tasks.map(keyOf));
    void this.stop({
      connectors: [...this.#connectors.keys()].filter((name) => !wanted.has(name)),
      tasks: this.work.tasks.filter((id) => !wantedTasks.has(keyOf(id))),
    });
    for (const name of work.connectors) {
      if (this.#connectors.has(name)) continue;
      const connector = new WorkingConnector(name, this.#context);
      this.#connectors.set(name, connector);
      void connector.start();
    }
    for (const id of work.tasks) {
      if (this.task(id) !== undefined) continue;
      const task = new WorkingTask(id, this.#context);
      let tasks = this.#tasks.get(id.connector);
      if (tasks === undefined) this.#tasks.set(id.connector, (tasks = new Map()));
      tasks.set(id.task, task);
      void task.start();
    }
  }

  /** Ends connectors and tasks, together; resolves when all have ended or were given up. */
  async stop({ connectors, tasks }: Work): Promise<void> {
    const ended = [
      ...connectors.map((name) => this.#takeConnector(name)?.stop()),
      ...tasks.map((id) => this.#takeTask(id)?.stop()),
    ].filter((stop) => stop !== undefined);
    if (ended.length === 0) return;
    const stopping = Promise.all(ended).then(() => undefined);
    this.#stopping.add(stopping);
    try {
      await stopping;
    } finally {
      this.#stopping.delete(stopping);
    }
  }

  /** Resolves when all that was to be stopped has ended. */
  async stopped(): Promise<void> {
    while (this.#stopping.size > 0) await Promise.allSettled(this.#stopping);
  }

  /** Of a connector and its tasks, as far as they run here. */
  setTargetState(connector: string, target: TargetState): void {
    this.#connectors.get(connector)?.setTargetState(target);
    for (const task of this.tasks(connector)) task.setTargetState(target);
  }

  /** Restarts what runs here of a connector that is to be restarted (KIP-745). */
  restart(connector: string, { includeTasks, onlyFailed }: RestartRequest): void {
    const { statuses } = this.#context;
    const affected = (state: string | undefined) => !onlyFailed || state === "FAILED";
    if (affected(statuses.connector(connector)?.state)) {
      void this.#connectors.get(connector)?.restart();
    }
    if (!includeTasks) return;
    for (const task of this.tasks(connector)) {
      if (affected(statuses.task(connector, task.id.task)?.state)) void task.restart();
    }
  }

  #takeConnector(name: string): WorkingConnector | undefined {
    const connector = this.#connectors.get(name);
    this.#connectors.delete(name);
    return connector;
  }

  #takeTask({ connector, task }: TaskId): WorkingTask | undefined {
    const tasks = this.#tasks.get(connector);
    const taken = tasks?.get(task);
    tasks?.delete(task);
    if (tasks?.size === 0) this.#tasks.delete(connector);
    return taken;
  }
}

function keyOf({ connector, task }: TaskId): string {
  return `${task} ${connector}`;
}
