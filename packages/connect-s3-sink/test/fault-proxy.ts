import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request: it passes, gets an error of S3, is lost on its way, or its answer is. */
export type Fault =
  | "pass"
  | "lost"
  | "answer-lost"
  /** Taken, and never answered. */
  | "silent"
  /** The connection breaks when so many bytes of the request have passed. */
  | { readonly cutAfter: number }
  | { readonly heldUntil: Promise<unknown> }
  | { readonly status: number; readonly code: string };

/** Stands before an S3 server. */
export class FaultProxy implements AsyncDisposable {
  /** Asked for each request: "PUT /bucket/key?partNumber=1". */
  fault: (request: string) => Fault = () => "pass";
  /** What has passed through. */
  readonly seen: string[] = [];
  readonly #server: http.Server;

  private constructor(target: URL) {
    this.#server = http.createServer((request, response) => {
      const what = `${request.method} ${request.url}`;
      this.seen.push(what);
      const fault = this.fault(what);
      if (typeof fault === "object" && "status" in fault) {
        request.resume();
        const body = `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>so says the test</Message></Error>`;
        request.on("end", () =>
          response.writeHead(fault.status, { "content-type": "application/xml" }).end(body),
        );
        return;
      }
      if (fault === "silent") {
        request.resume();
        return;
      }
      if (typeof fault === "object" && "cutAfter" in fault) {
        let passed = 0;
        request.on("data", (bytes: Buffer) => {
          passed += bytes.length;
          if (passed >= fault.cutAfter) request.socket.destroy();
        });
        return;
      }
      if (fault === "lost") {
        request.socket.destroy();
        return;
      }
      const { method, headers, url } = request;
      const onward = http.request(
        // The signature is over the host header: it stays as it is.
        { host: target.hostname, port: target.port, path: url, method, headers },
        (answer) => {
          if (fault === "answer-lost") {
            answer.resume();
            answer.on("end", () => request.socket.destroy());
            return;
          }
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on("error", () => response.destroy());
      if (typeof fault === "object") void fault.heldUntil.then(() => request.pipe(onward));
      else request.pipe(onward);
    });
  }

  static async before(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(url));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
