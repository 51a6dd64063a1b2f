import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { faultOf } from "../faults.ts";
import { POSTGRESQL } from "./index.ts";

/** A message of the protocol: its type, its length, its body. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const WELCOME_AND_GOODBYE = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("Z", Buffer.from("I")),
  message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection\0\0")),
]);

test("a connection that ends as soon as it is made is a lost one, and no uncaught exception", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(WELCOME_AND_GOODBYE));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const session = await POSTGRESQL.connect(
      {
        url: `jdbc:postgresql://127.0.0.1:${port}/db?sslmode=disable`,
        user: "u",
        password: null,
        properties: new Map(),
        applicationName: "test",
        isolation: "DEFAULT",
      },
      new AbortController().signal,
    );
    const error: unknown = await session.query("SELECT 1").catch((thrown: unknown) => thrown);
    expect(faultOf(error)?.kind).toBe("connection");
    await session.close();
  } finally {
    server.close();
  }
});
