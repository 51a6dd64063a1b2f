import {
  type ConnectClient,
  type ConnectWorker,
  type DistributedWorkerOptions,
  startDistributedWorker,
  startJavaConnect,
} from "@millrace/services";

export type WorkerKind = "millrace" | "java";

export type WorkerState = "up" | "down" | "frozen";

/** One worker of a cluster, and what can be done to it. */
export class ClusterWorker implements AsyncDisposable {
  /** Host and port, as statuses name it. */
  readonly id: string;
  readonly client: ConnectClient;
  readonly logFile: string;
  readonly #server: ConnectWorker;
  #state: WorkerState = "up";

  private constructor(server: ConnectWorker) {
    this.#server = server;
    this.id = new URL(server.url).host;
    this.client = server.client;
    this.logFile = server.logFile;
  }

  static async start(kind: WorkerKind, options: DistributedWorkerOptions): Promise<ClusterWorker> {
    const start = kind === "java" ? startJavaConnect : startDistributedWorker;
    return new ClusterWorker(await start(options));
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#server.pid;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether it should run and does not: it has ended by itself. */
  get hasEnded(): boolean {
    return this.#state !== "down" && this.pid === undefined;
  }

  /** SIGKILL, as a crash would. */
  async kill(): Promise<void> {
    this.#state = "down";
    await this.#server.kill();
  }

  /** SIGTERM, and waits for its end. */
  async stop(): Promise<void> {
    this.#state = "down";
    await this.#server.stop();
  }

  /** With the same port and properties, after `kill` or `stop`. */
  async start(): Promise<void> {
    await this.#server.start();
    this.#state = "up";
  }

  /** SIGSTOP, and SIGCONT when something else is done. */
  async freezeWhile(something: () => Promise<unknown>): Promise<void> {
    this.#server.pause();
    this.#state = "frozen";
    try {
      await something();
    } finally {
      this.#server.resume();
      this.#state = "up";
    }
  }

  /** Ends it at once and removes its data. */
  close(): Promise<void> {
    return this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
