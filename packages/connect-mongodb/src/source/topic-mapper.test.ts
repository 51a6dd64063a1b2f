import { expect, test } from "vitest";
import { TopicMapper } from "./topic-mapper.ts";

function topic(
  namespace: string,
  map: object = {},
  { separator = ".", prefix = "", suffix = "" } = {},
) {
  const [db, coll] = namespace.split(".");
  const mapper = new TopicMapper({ separator, prefix, suffix, map: JSON.stringify(map) });
  return mapper.topicOf({ ns: { db, ...(coll && { coll }) } });
}

const map = {
  "shop.orders": "exact",
  shop: "base",
  "/a.*\\.c": "{db}-{coll}",
  "/b.*": "b{sep_coll_sep}x{sep}{coll_sep}{sep_coll}",
  "*": "rest",
  empty: "",
};

test.each([
  ["shop.orders", "exact"],
  ["shop.items", "base.items"],
  ["shop", "base"],
  ["abc.c", "abc-c"],
  ["bx.y", "b.y.x.y..y"],
  ["bx", "bx."],
  ["other.c", "rest"],
  ["empty.c", "rest"],
])("%s goes to %s", (namespace, expected) => {
  expect(topic(namespace, map)).toBe(expected);
});

test("prefix, suffix and separator stand around every name", () => {
  const naming = { separator: "_", prefix: "p", suffix: "s" };
  expect(topic("d.c", {}, naming)).toBe("p_d_c_s");
  expect(topic("d.c", { "*": "rest" }, naming)).toBe("p_rest_s");
});

test("an event without a database has no topic", () => {
  const mapper = new TopicMapper({ separator: ".", prefix: "p", suffix: "", map: "" });
  expect(mapper.topicOf({ operationType: "insert" })).toBe("");
});
