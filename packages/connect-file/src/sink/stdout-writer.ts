import { ConnectError } from "@millrace/connect-api";
import type { LineWriter } from "./line-writer.ts";

/** Writes lines to the worker's standard output, which has no more durability than its reader gives it. */
export class StdoutWriter implements LineWriter {
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream = process.stdout) {
    this.#stream = stream;
    stream.on("error", ignored);
  }

  async write(lines: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(lines, (cause) => {
        if (!cause) resolve();
        else reject(new ConnectError("Could not write to the standard output", { cause }));
      });
    });
  }

  async sync(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.off("error", ignored);
  }
}

/** The callback of `write` reports the error; as an event without listener it would end the process. */
function ignored(): void {}
