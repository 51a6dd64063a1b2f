import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** The service, as far as the connectors use it. Where yours can be started in a test, start the real one. */
export class ExampleServer implements AsyncDisposable {
  readonly items = new Map<number, string>();
  /** Answers with this status, while it is set. */
  failWith: number | undefined;
  #lastId = 0;
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(
      ([status, body]) => response.writeHead(status).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  static async start(): Promise<ExampleServer> {
    const server = new ExampleServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(name: string): void {
    this.items.set(++this.#lastId, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<[status: number, body?: unknown]> {
    if (this.failWith !== undefined) return [this.failWith];
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== "Bearer right") return [401];
    const { searchParams } = new URL(request.url!, this.url);
    switch (request.method) {
      case "GET": {
        const after = Number(searchParams.get("after"));
        const later = [...this.items].filter(([id]) => id > after);
        const page = later.slice(0, Number(searchParams.get("limit")));
        return [200, page.map(([id, name]) => ({ id, name }))];
      }
      case "PUT":
        for (const { id, name } of (await json(request)) as { id: number; name: string }[])
          this.items.set(id, name);
        return [200, {}];
      case "DELETE":
        for (const id of (await json(request)) as number[]) this.items.delete(id);
        return [200, {}];
      default:
        return [405];
    }
  }
}
