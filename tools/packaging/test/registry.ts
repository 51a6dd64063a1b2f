import type { Server } from "node:http";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runServer } from "verdaccio";
import type { Packed } from "../src/pack.ts";
import { run } from "../src/run.ts";

/** An npm registry on this machine, which anybody may publish to and which asks no other one. */
export class Registry implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(folder: string): Promise<Registry> {
    const anybody = { access: "$all", publish: "$all", unpublish: "$all" };
    const server = (await runServer({
      self_path: join(folder, "config.yaml"),
      storage: join(folder, "storage"),
      configPath: join(folder, "config.yaml"),
      uplinks: {},
      packages: { "@*/*": anybody, "**": anybody },
      log: { type: "stdout", level: "fatal" },
      max_body_size: "100mb",
    })) as Server;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    return new Registry(server, `http://127.0.0.1:${port}/`);
  }

  async publish(packed: readonly Packed[], folder: string): Promise<void> {
    await this.use(folder);
    for (const { file } of packed) {
      await run("npm", ["publish", "--no-update-notifier", "--access=public", file], folder);
    }
  }

  /** From now on npm takes packages of ours from here, in this folder. */
  async use(folder: string): Promise<void> {
    const host = this.url.replace(/^http:/, "");
    await writeFile(
      join(folder, ".npmrc"),
      `@millrace:registry=${this.url}\n${host}:_authToken=anybody\n`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
