import { expect, test } from "vitest";
import { sharedElasticsearch, startElasticsearch } from "./index.ts";

async function put(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: "PUT",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(response.ok).toBe(true);
  await response.arrayBuffer();
}

async function get(url: string): Promise<unknown> {
  return await (await fetch(url)).json();
}

test("the shared server indexes and finds a document", async () => {
  const url = await sharedElasticsearch();
  await put(`${url}/services-shared/_doc/1?refresh=true`, { town: "Freiburg im Breisgau" });
  expect(await get(`${url}/services-shared/_search?q=town:freiburg`)).toMatchObject({
    hits: { total: { value: 1 } },
  });
});

// Three starts of about 7 s each, and many times that on a busy machine.
test("a server keeps port and data over stop, kill and start", { timeout: 300_000 }, async () => {
  await using server = await startElasticsearch();
  for (const [id, end] of ["stop", "kill"].entries()) {
    await put(`${server.url}/kept/_doc/${id}`, { id });
    await server[end as "stop" | "kill"]();
    await expect(fetch(server.url)).rejects.toThrow(/fetch failed/);
    await server.start();
  }
  expect(await get(`${server.url}/kept/_doc/0`)).toMatchObject({ found: true });
  expect(await get(`${server.url}/kept/_doc/1`)).toMatchObject({ found: true });
});

test("a setting that the server refuses is told with the end of its log", async () => {
  await expect(startElasticsearch({ settings: { "no.such.setting": 1 } })).rejects.toThrow(
    /no\.such\.setting/,
  );
});
