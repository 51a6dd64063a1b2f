import { createServer } from "node:net";

/** The port, if nobody listens on it; nothing otherwise, which means any free one. */
export function preferredPort(port: number): Promise<{ port?: number }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve({}));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve({ port })));
  });
}
