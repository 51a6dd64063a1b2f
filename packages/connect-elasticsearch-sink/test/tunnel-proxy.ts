import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** An HTTP proxy that tunnels (CONNECT) for who knows its user name and password. */
export class TunnelProxy implements AsyncDisposable {
  readonly port: number;
  /** `host:port` of each tunnel. */
  readonly targets: string[] = [];
  readonly #server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: ReturnType<typeof createServer>, login: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    const expected = `Basic ${Buffer.from(login).toString("base64")}`;
    server.on("connect", (req, socket: Socket) => {
      this.#keep(socket);
      if (req.headers["proxy-authorization"] !== expected) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const target = req.url ?? "";
      this.targets.push(target);
      const [host, port] = target.split(":");
      const there = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(there).pipe(socket);
      });
      this.#keep(there);
    });
  }

  /** @param login `user:password` */
  static async start(login: string): Promise<TunnelProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TunnelProxy(server, login);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Either end may go away at any time.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
