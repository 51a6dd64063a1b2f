import { expect, test } from "vitest";
import { sharedElasticsearch, startElasticsearch } from "./index.ts";

test("the shared server indexes and finds a document", async () => {
  const url = await sharedElasticsearch();
  const written = await fetch(`${url}/services-shared/_doc/1?refresh=true`, {
    method: "PUT",
    body: JSON.stringify({ town: "Freiburg im Breisgau" }),
    headers: { "content-type": "application/json" },
  });
  expect(written.ok).toBe(true);
  const found = await fetch(`${url}/services-shared/_search?q=town:freiburg`);
  expect(await found.json()).toMatchObject({ hits: { total: { value: 1 } } });
});

test("a setting that the server refuses is told with the end of its log", async () => {
  await expect(startElasticsearch({ settings: { "no.such.setting": 1 } })).rejects.toThrow(
    /no\.such\.setting/,
  );
});
