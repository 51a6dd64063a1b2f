import { ConnectError, type Props } from "@millrace/connect-api";
import { RemoteError } from "../errors/error-data.ts";
import type { ThreadSubject } from "../metrics/worker-groups.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { Culprit } from "./blame.ts";
import { type Breakage, memoryBreakage, stuckBreakage } from "./breakage.ts";
import type { HostThread } from "./host-thread.ts";
import { InlineThread } from "./inline-thread.ts";
import { keepLoopsInterruptible } from "./interruptible-loops.ts";
import { exceeds, MIB } from "./memory-limit.ts";
import { choosePlace } from "./placement.ts";
import type { FromThread, MainMethods } from "./protocol.ts";
import { LOOK_MS, WorkerThread } from "./worker-thread.ts";

/** What a thread is for. */
export type Purpose = "tasks" | "connectors" | "questions" | "one unit" | "inline";

/** A thread and what runs in it. */
export interface Host {
  readonly purpose: Purpose;
  readonly thread: HostThread;
  /** Of a worker thread, which can be watched and ended; the main thread cannot. */
  readonly worker: WorkerThread | undefined;
  readonly maxHeapMb: number;
  /** By unit, when it was placed here. */
  readonly units: Map<number, number>;
  /** Code of units that were given up is still in it. */
  leftovers: boolean;
  /** It is about to end, or being judged. */
  ending: boolean;
  breakage: Breakage | undefined;
}

export interface HostsOptions {
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  /** Values in it that came from config providers, to be hidden (I5). */
  readonly workerSecrets?: readonly string[];
  readonly plugins: readonly PluginLocation[];
  readonly logFloor: SharedArrayBuffer;
  readonly methods: MainMethods;
  /** How many threads tasks share (`task.threads`). */
  readonly taskThreads: number;
  /** `task.thread.stuck.ms`: a thread whose event loop stands still for longer is ended. */
  readonly stuckMs: number;
  /** `task.thread.max.heap.mb` */
  readonly maxHeapMb: number;
  readonly onMessage: (message: Exclude<FromThread, { type: "ask" | "answer" | "broken" }>) => void;
  /** The thread has ended by itself, or was ended because it broke. Not called once all are ended. */
  readonly onEnd: (host: Host, error: Error, culprit: Culprit) => void;
  readonly warn: (message: string) => void;
}

let threadsMade = 0;

/** The threads there are: makes them, finds places in them, watches them, ends them. */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #hosts = new Set<Host>();
  readonly #watchdog: NodeJS.Timeout;
  #closed = false;

  constructor(options: HostsOptions) {
    this.#options = options;
    keepLoopsInterruptible();
    this.#watchdog = setInterval(() => this.#watch(), LOOK_MS).unref();
  }

  /** A thread for a unit, or for questions: one of those there are, or a new one. */
  place(purpose: Purpose): Host {
    const places = purpose === "one unit" ? [] : this.#open(purpose);
    const max = purpose === "tasks" ? this.#options.taskThreads : 1;
    const now = performance.now();
    const place = choosePlace(
      places.map((host) => ({
        host,
        load: host.thread.load,
        unitAgesMs: Array.from(host.units.values(), (placedMs) => now - placedMs),
      })),
      max,
    );
    return place?.host ?? this.#add(purpose);
  }

  use(): ThreadSubject[] {
    return Array.from(this.#hosts, ({ purpose, thread, units }) => ({
      name: thread.name,
      purpose,
      load: thread.load,
      units: units.size,
      heapBytes: thread.lastUse && thread.lastUse.heapMb * MIB,
      externalBytes: thread.lastUse && thread.lastUse.externalMb * MIB,
      silentMs: thread.silentMs,
    }));
  }

  has(host: Host): boolean {
    return this.#hosts.has(host);
  }

  enter(host: Host, unit: number): void {
    host.units.set(unit, performance.now());
  }

  /** A unit is gone; so is a thread that nothing else can run in. */
  async leave(host: Host, unit: number): Promise<void> {
    host.units.delete(unit);
    const reusable = host.purpose !== "one unit" && !host.leftovers;
    if (host.units.size === 0 && !reusable) await this.end(host);
  }

  /** Code of a unit stays behind: nothing new is placed there, and it ends with its last unit. */
  retire(host: Host): void {
    if (host.worker !== undefined) host.leftovers = true;
  }

  async end(host: Host): Promise<void> {
    host.ending = true;
    await host.thread.terminate(new ConnectError("The thread is not needed any more"));
  }

  /** Ends a thread because of what a unit in it does. */
  async break(host: Host, breakage: Breakage): Promise<void> {
    host.ending = true;
    host.breakage = breakage;
    if (await host.thread.terminate(breakage.error)) return;
    this.#options.warn(
      "A thread is in a native call that cannot be ended: it is left to itself, and the worker's end will have to wait for it",
    );
  }

  /** Ends all threads; what still runs in them is cut off. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    const closed = new ConnectError("The worker is shutting down");
    await Promise.all(Array.from(this.#hosts, ({ thread }) => thread.terminate(closed)));
  }

  #open(purpose: Purpose): Host[] {
    return [...this.#hosts].filter(
      (host) => host.purpose === purpose && !host.leftovers && !host.ending,
    );
  }

  #add(purpose: Purpose): Host {
    const {
      workerProps,
      workerSecrets = [],
      plugins,
      logFloor,
      methods,
      maxHeapMb,
      onMessage,
    } = this.#options;
    const events = {
      onMessage: (message: Exclude<FromThread, { type: "ask" | "answer" }>) => {
        if (message.type !== "broken") onMessage(message);
        else {
          const { error, culprit } = message;
          void this.break(host, { error: new RemoteError(error), culprit });
        }
      },
      onEnd: (error: Error) => this.#ended(host, error),
    };
    const init = { workerProps, workerSecrets, plugins, logFloor };
    // Connectors and validations move no data.
    const heapMb = purpose === "connectors" || purpose === "questions" ? maxHeapMb / 2 : maxHeapMb;
    const worker =
      purpose === "inline"
        ? undefined
        : new WorkerThread(threadName(purpose), init, heapMb, methods, events);
    const host: Host = {
      purpose,
      thread: worker ?? new InlineThread(init, methods, events),
      worker,
      maxHeapMb: heapMb,
      units: new Map(),
      leftovers: false,
      ending: false,
      breakage: undefined,
    };
    this.#hosts.add(host);
    return host;
  }

  #ended(host: Host, error: Error): void {
    this.#hosts.delete(host);
    if (this.#closed) return;
    const { culprit } = host.breakage ?? { culprit: { unit: undefined } };
    this.#options.onEnd(host, error, culprit);
  }

  #watch(): void {
    for (const host of this.#hosts) {
      const { worker } = host;
      if (worker === undefined) continue;
      worker.look();
      if (worker.silentMs > this.#options.stuckMs) {
        void this.#judge(host, () => stuckBreakage(worker, this.#options.stuckMs));
      } else void this.#watchMemory(host, worker);
    }
  }

  async #watchMemory(host: Host, worker: WorkerThread): Promise<void> {
    const use = await worker.memoryUse();
    if (use === undefined || !exceeds(use, host.maxHeapMb)) return;
    await this.#judge(host, () => memoryBreakage(worker, use, host.maxHeapMb));
  }

  async #judge(host: Host, judge: () => Promise<Breakage | undefined>): Promise<void> {
    if (host.ending) return;
    host.ending = true;
    const breakage = await judge();
    if (breakage === undefined) host.ending = false;
    else if (this.#hosts.has(host)) await this.break(host, breakage);
  }
}

function threadName(purpose: Purpose): string {
  return `${purpose.replace(" ", "-")}-${++threadsMade}`;
}
