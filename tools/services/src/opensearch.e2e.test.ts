import { expect, test } from "vitest";
import { startOpenSearch } from "./index.ts";

test("a server keeps port and data over stop, kill and start", async () => {
  await using server = await startOpenSearch();
  for (const [id, end] of (["stop", "kill"] as const).entries()) {
    const document = { method: "PUT", body: JSON.stringify({ id }) };
    const headers = { "content-type": "application/json" };
    const written = await fetch(`${server.url}/kept/_doc/${id}`, { ...document, headers });
    expect(written.ok).toBe(true);
    await server[end]();
    await expect(fetch(server.url)).rejects.toThrow(/fetch failed/);
    await server.start();
  }
  for (const id of [0, 1]) {
    const found = await fetch(`${server.url}/kept/_doc/${id}`);
    expect(await found.json()).toMatchObject({ found: true });
  }
});
