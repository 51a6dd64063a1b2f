import { expect, test } from "vitest";
import { recordingLogger } from "../../../test/support/recording-logger.ts";
import { createApp } from "../app.ts";
import { Turns } from "../bounded-calls.ts";
import { API, operations } from "./api.ts";
import { openApi } from "./openapi.ts";

/** The paths of a server, from the tree that it prints: four characters of indentation a level. */
async function registeredPaths(): Promise<string[]> {
  const app = createApp({
    parts: new Set(["main", "admin"]),
    resources: () => undefined,
    logger: recordingLogger(),
    audit: recordingLogger(),
    turns: new Turns(),
  });
  await app.ready();
  const prefixes: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent, piece] = /^(.*?)── (\S+) \(/.exec(line) ?? [];
      if (indent === undefined) return [];
      const depth = (indent.length - 1) / 4;
      prefixes[depth] = (prefixes[depth - 1] ?? "") + piece;
      return [prefixes[depth]];
    });
}

test("every route is told of, and everything that is told of is there", async () => {
  expect((await registeredPaths()).toSorted()).toEqual(Object.keys(API).toSorted());
});

test("the document has every call", () => {
  const { paths } = openApi();
  for (const { path, method, operation } of operations()) {
    const described = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    expect(described, `${method} ${path}`).toMatchObject({ summary: operation.summary });
  }
});
