import { releasePorts } from "./ports.ts";
import type { RunFolder } from "./run-folder.ts";
import { ServerProcess, type ServerCommand } from "./server-process.ts";
import type { StartedService } from "./service.ts";

/** A server together with the folder and the ports that are its own. */
export class OwnedServer extends ServerProcess implements AsyncDisposable {
  readonly #folder: RunFolder;
  readonly #ports: readonly number[];

  constructor(command: ServerCommand, folder: RunFolder, ports: readonly number[]) {
    super(command);
    this.#folder = folder;
    this.#ports = ports;
  }

  /** Starts it for the first time; when that fails, nothing of it is left but its log. */
  async open(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends it at once and removes its data; `await using` does it. */
  async close(): Promise<void> {
    await this.kill();
    await this.#folder.remove();
    await releasePorts(this.#ports);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How `obtain` and `services up` see it. */
  asService(address: string): StartedService {
    return {
      origin: "process",
      address,
      pids: this.pid === undefined ? [] : [this.pid],
      logFiles: [this.logFile],
      folder: this.#folder.path,
      container: undefined,
      letGo: async () => {
        this.letGo();
        await this.#folder.letGo();
      },
      close: () => this.close(),
    };
  }
}
