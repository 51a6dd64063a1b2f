import { readFileSync } from "node:fs";
import { BSON } from "mongodb";
import { describe, expect, test } from "vitest";
import { type JsonMode, JsonWriter } from "./json-writer.ts";

/** One document of every type, and what Java's formatters make of it. */
const golden = JSON.parse(
  readFileSync(`${import.meta.dirname}/../../test/golden/json-formatters.json`, "utf8"),
) as Record<"DefaultJson" | "ExtendedJson" | "SimplifiedJson" | "toJson" | "bson", string>;

describe("a document of every type is written as Java's formatter writes it", () => {
  test.each<[JsonMode, keyof typeof golden]>([
    ["strict", "DefaultJson"],
    ["extended", "ExtendedJson"],
    ["simplified", "SimplifiedJson"],
    ["relaxed", "toJson"],
  ])("%s", (mode, recorded) => {
    const document = BSON.deserialize(Buffer.from(golden.bson, "base64"), {
      promoteValues: false,
      bsonRegExp: true,
    });
    expect(new JsonWriter(mode).write(document)).toBe(golden[recorded]);
  });
});
