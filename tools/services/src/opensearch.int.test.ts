import { expect, test } from "vitest";
import { sharedOpenSearch, startOpenSearch } from "./index.ts";

test("the shared server says what it is, and has data streams", async () => {
  const url = await sharedOpenSearch();
  const root = await fetch(url);
  expect(await root.json()).toMatchObject({ version: { distribution: "opensearch" } });
  const headers = { "content-type": "application/json" };
  const template = JSON.stringify({ index_patterns: ["services-shared-*"], data_stream: {} });
  const made = await fetch(`${url}/_index_template/services-shared`, {
    method: "PUT",
    body: template,
    headers,
  });
  expect(made.ok).toBe(true);
  const stream = await fetch(`${url}/_data_stream/services-shared-1`, { method: "PUT" });
  expect(stream.ok).toBe(true);
  await fetch(`${url}/_data_stream/services-shared-1`, { method: "DELETE" });
});

test("a setting that the server refuses is told with the end of its log", async () => {
  await expect(startOpenSearch({ settings: { "no.such.setting": 1 } })).rejects.toThrow(
    /no\.such\.setting/,
  );
});
