import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";

/** A proxy of HTTP's CONNECT, which asks nobody who he is and notes what he said. */
export class ConnectProxy implements AsyncDisposable {
  /** Where connections went: "127.0.0.1:9000". */
  readonly targets = new Set<string>();
  /** What users said about themselves, decoded: "user:password". */
  readonly users = new Set<string>();
  readonly #server = http.createServer();
  readonly #sockets = new Set<net.Socket>();

  private constructor() {
    this.#server.on("connect", (request, client: net.Socket) => {
      const { hostname, port } = new URL(`http://${request.url}`);
      this.targets.add(request.url!);
      const [, user = ""] = (request.headers["proxy-authorization"] ?? "").split(" ");
      this.users.add(Buffer.from(user, "base64").toString());
      const target = net.connect(Number(port), hostname, () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(target).pipe(client);
      });
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => other.destroy());
      }
    });
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
