import { setTimeout as delay } from "node:timers/promises";
import { sendExactly } from "@millrace/services";
import type { Answer, Case } from "./recording.ts";

interface Expanded {
  readonly status?: {
    readonly connector: { readonly state: string };
    readonly tasks: readonly { readonly id: number; readonly state: string }[];
  };
  readonly info?: { readonly tasks: readonly unknown[] };
}

const POLL_MS = 20;
const LIMIT_MS = 60_000;
/** A restart is accepted before it begins, and until then nothing tells that it is to come. */
const RESTART_BEGINS_MS = 1_000;

const CHANGING: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const STATE_AFTER: Readonly<Record<string, string>> = {
  pause: "PAUSED",
  resume: "RUNNING",
  stop: "STOPPED",
};
const TASK_STATES: Readonly<Record<string, readonly string[]>> = {
  RUNNING: ["RUNNING", "FAILED"],
  PAUSED: ["PAUSED", "FAILED"],
};

/** What connectors a worker should have by now, and in what states: from its answers. */
export class Connectors {
  readonly #url: string;
  readonly #wanted = new Map<string, string>();
  #restartAccepted = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Notes what a request has changed. @returns whether it has changed something */
  note({ method, path }: Pick<Case, "method" | "path">, { status, body }: Answer): boolean {
    if (!CHANGING.has(method) || status >= 300 || !path.startsWith("/connectors")) return false;
    const [, , segment, verb] = path.split("?", 1)[0]!.split("/");
    const name =
      status === 201 ? (body as { name: string }).name : decodeURIComponent(segment ?? "");
    if (status === 201) this.#wanted.set(name, "RUNNING");
    else if (method === "DELETE" && verb === undefined) this.#wanted.delete(name);
    else if (verb !== undefined && verb in STATE_AFTER) {
      this.#wanted.set(name, STATE_AFTER[verb]!);
    }
    this.#restartAccepted = verb === "restart" && status === 202;
    return true;
  }

  /** A connector was created in this state. */
  start(name: string, state: string): void {
    if (this.#wanted.has(name)) this.#wanted.set(name, state);
  }

  /** Waits until the worker has done what it was asked for. @throws {Error} with what it has after a minute */
  async settled(): Promise<void> {
    let last: unknown;
    if (this.#restartAccepted) await delay(RESTART_BEGINS_MS);
    await until(
      async () => {
        const all = await this.#expanded();
        last = all;
        return (
          Object.keys(all).length === this.#wanted.size &&
          [...this.#wanted].every(([name, state]) => isIn(state, all[name]))
        );
      },
      () =>
        `the connectors did not become ${JSON.stringify([...this.#wanted])}: ${JSON.stringify(last)}`,
    );
  }

  /** Waits until a connector's task has failed. */
  async taskFailed(name: string): Promise<void> {
    await until(
      async () => (await this.#expanded())[name]?.status?.tasks[0]?.state === "FAILED",
      () => `the task of ${name} did not fail`,
    );
  }

  /** Waits until a connector has used a topic. */
  async topicSeen(name: string): Promise<void> {
    await this.answers<Record<string, { topics: string[] }>>(
      `/connectors/${name}/topics`,
      (body) => body[name]!.topics.length > 0,
    );
  }

  /** Waits until the first offset of a connector is this. */
  async offsetReached(name: string, position: number): Promise<void> {
    await this.answers<{ offsets: { offset: object }[] }>(
      `/connectors/${name}/offsets`,
      ({ offsets }) => Object.values(offsets[0]?.offset ?? {})[0] === position,
    );
  }

  /** Waits until a GET request is answered with a body that is as wanted. */
  async answers<T>(path: string, wanted: (body: T) => boolean): Promise<void> {
    let last: unknown;
    await until(
      async () => {
        last = (await this.get(path)).body;
        return wanted(last as T);
      },
      () => `GET ${path} is still ${JSON.stringify(last)}`,
    );
  }

  /** Asks the worker's main listener. */
  get(path: string): Promise<Answer> {
    return sendExactly(this.#url, "GET", path);
  }

  async #expanded(): Promise<Record<string, Expanded>> {
    const { status, body } = await this.get("/connectors?expand=status&expand=info");
    return status === 200 ? (body as Record<string, Expanded>) : {};
  }
}

function isIn(state: string, { status, info }: Expanded = {}): boolean {
  if (status?.connector.state === "FAILED") return true;
  if (status?.connector.state !== state || status.tasks.length !== info?.tasks.length) return false;
  if (state === "STOPPED") return status.tasks.length === 0;
  if (state === "RUNNING" && status.tasks.length === 0) return false;
  return status.tasks.every((task) => TASK_STATES[state]!.includes(task.state));
}

async function until(met: () => Promise<boolean>, problem: () => string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await met())) {
    if (Date.now() > deadline) throw new Error(problem());
    await delay(POLL_MS);
  }
}
