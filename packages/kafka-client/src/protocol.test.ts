import * as library from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import * as protocol from "./protocol.ts";

type AnyApi = { key: number; version: number; async: (...args: unknown[]) => Promise<unknown> };

const codecs = Object.entries(protocol as Record<string, unknown>).flatMap(([name, value]) =>
  typeof value === "object" && value !== null && "api" in value
    ? [[name, value.api as AnyApi] as const]
    : [],
);

describe("the codecs, each loaded by its place in the library", () => {
  it("are all there", () => expect(codecs.length).toBeGreaterThan(60));

  it.each(codecs)("%s is the library's own", async (name, api) => {
    const own = (library as unknown as Record<string, { api: AnyApi }>)[name]!.api;
    expect([api.key, api.version]).toEqual([own.key, own.version]);
    const connection = {
      send: (key: number, version: number, ...rest: unknown[]) => {
        (rest.at(-1) as (error: null, answer: unknown) => void)(null, { key, version });
      },
    };
    expect(await api.async(connection)).toEqual({ key: own.key, version: own.version });
  });
});
