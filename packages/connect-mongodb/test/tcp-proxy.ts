import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a client and a server, and cuts connections when it is told to. */
export class TcpProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(url: string, server: Server, sockets: Set<Socket>) {
    this.url = url;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @param url of a MongoDB server with one host */
  static async start(url: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(url.replace(/^mongodb:/, "http:"));
    const sockets = new Set<Socket>();
    const keep = (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy()); // what is cut on one side ends on the other
    };
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      keep(client);
      keep(upstream);
      client.pipe(upstream).pipe(client);
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: own } = server.address() as AddressInfo;
    return new TcpProxy(`mongodb://127.0.0.1:${own}/?directConnection=true`, server, sockets);
  }

  /** Sockets that are open, on either side. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends all connections, whatever is under way on them. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
