import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";
import { rows } from "./readme.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.each([
  ["sink", MongoSinkConnector],
  ["source", MongoSourceConnector],
])("the README describes the %s's keys as its table does", (_kind, Connector) => {
  for (const row of rows(new Connector().config())) expect.soft(README).toContain(row);
});
