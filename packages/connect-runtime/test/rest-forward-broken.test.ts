import { describe, expect, test, vi } from "vitest";
import { RestClient } from "../src/rest/rest-client.ts";
import { answering, fakeTarget, follower, messageOf } from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

describe("a worker that cannot answer", () => {
  const IO = "IO Error trying to forward REST request: ";

  async function stop(url: string, client?: RestClient): Promise<[number, unknown]> {
    const first = await follower(url, client);
    const answer = await send(first.url, "PUT", "/connectors/a/stop");
    return [answer.status, messageOf(answer)];
  }

  test("because it is gone", async () => {
    // Port 1 is the recorded worker's fate: nobody listens.
    expect(await stop("http://127.0.0.1:1/")).toEqual([
      500,
      `${IO}java.net.ConnectException: Connection refused`,
    ]);
  });

  test.each<[string, number, string, string]>([
    ["garbage", 200, "<html>", "is not JSON"],
    ["a text", 200, `"yes"`, "is not an object"],
    ["an error that is a page", 502, "<html>", "with status 502, is not JSON"],
    ["an empty error", 404, "", "with status 404, is not JSON"],
    ["an error without a message", 500, `{"error_code":500}`, "with status 500, says nothing"],
  ])("since it sends %s", async (_, status, body, message) => {
    const target = await fakeTarget(answering(status, body));
    const [code, text] = await stop(target.url);
    expect(code).toBe(500);
    expect(text).toMatch(new RegExp(`^${IO}.*${message}$`));
  });

  test.each([301, 302, 304, 307])("since it sends elsewhere with %i", async (status) => {
    const elsewhere = await fakeTarget(answering(204));
    const target = await fakeTarget(answering(status, "", { Location: elsewhere.url }));
    expect(await stop(target.url)).toEqual([
      500,
      `Unexpected status code when handling forwarded request: ${status}`,
    ]);
    expect(elsewhere.seen).toEqual([]);
  });

  test.each(["before", "within"])("since it is too slow %s its answer", async (when) => {
    const target = await fakeTarget((response) => {
      if (when === "within") response.writeHead(200).write(`{"name":`);
    });
    expect(await stop(target.url, new RestClient({ timeoutMs: 200 }))).toEqual([
      500,
      `${IO}no answer within 200 ms`,
    ]);
  });

  test.each(["before", "within"])("since it goes away %s its answer", async (when) => {
    const target = await fakeTarget((response) => {
      if (when === "before") return void response.socket?.destroy();
      response.writeHead(200, { "Content-Length": "100" }).write(`{"name":`, () => {
        response.socket?.destroy();
      });
    });
    const [status, message] = await stop(target.url);
    expect(status).toBe(500);
    expect(message).toMatch(new RegExp(`^${IO}.`));
  });

  test("since it never ends its answer", async () => {
    const piece = Buffer.alloc(1024 * 1024, " ");
    const target = await fakeTarget((response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(piece, more);
      };
      response.writeHead(200);
      more();
    });
    const [status, message] = await stop(target.url);
    expect([status, message]).toEqual([500, expect.stringMatching(/larger than \d+ bytes$/)]);
  });

  test.each(["not a URL", "ftp://127.0.0.1/"])("since its address is %j", async (url) => {
    const [status, message] = await stop(url);
    expect([status, message]).toEqual([500, expect.stringContaining(IO)]);
  });
});
