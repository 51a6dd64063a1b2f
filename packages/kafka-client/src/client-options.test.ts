import { expect, test } from "vitest";
import { resolveClientOptions } from "./client-options.ts";

const bootstrapServers = ["a:1"];

test("a client.id that does not fit into a request is refused, with its size", () => {
  expect(() => resolveClientOptions({ bootstrapServers, clientId: "✓".repeat(10_923) })).toThrow(
    /client\.id has 32769 bytes.*shorten it/,
  );
  const longest = "x".repeat(32_767);
  expect(resolveClientOptions({ bootstrapServers, clientId: longest }).clientId).toBe(longest);
});
