import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A TCP proxy through which bytes travel as slowly as a test wants, in each direction. */
export class SlowProxy implements AsyncDisposable {
  readonly port: number;
  /** Of each connection and direction. */
  bytesPerSecond = Infinity;
  /** Set it before the first connection. */
  targetPort = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => {
      const target = connect(this.targetPort, "127.0.0.1");
      void this.#copy(client, target);
      void this.#copy(target, client);
    });
  }

  static async start(): Promise<SlowProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new SlowProxy(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Never rejects: when one side breaks off, so does the other. */
  async #copy(from: Socket, to: Socket): Promise<void> {
    this.#sockets.add(from);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        to.write(chunk);
        if (Number.isFinite(this.bytesPerSecond))
          await sleep((chunk.length / this.bytesPerSecond) * 1000);
      }
    } catch {
      // Either side may break off at any time.
    } finally {
      this.#sockets.delete(from);
      to.destroy();
    }
  }
}
