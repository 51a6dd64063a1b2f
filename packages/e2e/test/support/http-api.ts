import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: string;
}

/** An HTTP server that outlives the workers of a test and remembers what it was sent. */
export class HttpApi implements AsyncDisposable {
  readonly url: string;
  readonly received: Received[] = [];
  answer: (request: Received) => Answer = () => ({ status: 200 });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (req, res) => {
      const chunks: Buffer[] = [];
      req.on("data", (chunk: Buffer) => chunks.push(chunk));
      req.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        const request = { method: req.method ?? "", path: req.url ?? "", body };
        const answer = this.answer(request);
        if (answer.status < 300) this.received.push(request);
        res.writeHead(answer.status).end(answer.body);
      });
    });
  }

  static async start(): Promise<HttpApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new HttpApi(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
