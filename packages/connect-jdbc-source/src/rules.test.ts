import { parseConfig, type Props } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG } from "./config.ts";
import { brokenRules, checkRules } from "./rules.ts";

const broken = (props: Props) => brokenRules(parseConfig(CONFIG, props)).map(({ key }) => key);

test.each<[Props, string[]]>([
  [{ mode: "bulk" }, []],
  [{}, ["mode"]],
  [{ mode: "bulk", "table.whitelist": "a", "table.blacklist": "b" }, ["table.blacklist"]],
  [{ mode: "bulk", "table.exclude.list": "b" }, ["table.exclude.list"]],
  [{ mode: "bulk", "table.include.list": "a", "table.exclude.list": "b" }, []],
  [{ mode: "bulk", "table.include.list": "a", "table.whitelist": "b" }, ["table.include.list"]],
  [
    { mode: "incrementing", "incrementing.column.mapping": "a:b", "incrementing.column.name": "c" },
    ["incrementing.column.mapping", "incrementing.column.mapping"],
  ],
  [{ mode: "incrementing", "incrementing.column.mapping": "a:b" }, ["incrementing.column.mapping"]],
  [{ mode: "timestamp" }, ["timestamp.column.name"]],
  [{ mode: "timestamp", "timestamp.column.name": "a" }, []],
  [{ mode: "timestamp", "timestamp.columns.mapping": "a:[b]", "table.include.list": "a" }, []],
  [{ mode: "bulk", query: "SELECT 1", "query.masked": "SELECT 2" }, ["query.masked"]],
  [{ mode: "bulk", query: "SELECT 1", "table.whitelist": "a" }, ["table.whitelist"]],
  [{ mode: "incrementing", query: "SELECT 1" }, ["incrementing.column.name"]],
  [{ mode: "incrementing", "watermark.safe": "true" }, ["watermark.safe"]],
])("%j breaks %j", (props, keys) => {
  expect(broken(props)).toEqual(keys);
});

test("a masked query is not shown where it is refused", () => {
  const props = { mode: "bulk", query: "SELECT 1", "query.masked": "SELECT hush" };
  const check = () => checkRules(parseConfig(CONFIG, props));
  expect(check).toThrow(/configuration query\.masked/);
  expect(check).not.toThrow(/hush/);
});
