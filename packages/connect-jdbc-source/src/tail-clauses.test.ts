import { expect, test } from "vitest";
import { hasTail } from "./tail-clauses.ts";

test.each([
  "SELECT * FROM users",
  "select a, b from x join y on x.id = y.id",
  "SELECT (SELECT max(a) FROM b WHERE c > 1) AS m FROM d",
  "SELECT 'from where to order' AS \"group\", `limit` FROM e",
  "SELECT * FROM f /* WHERE g */",
  "SELECT * FROM (SELECT * FROM h WHERE i = 1 ORDER BY j) k",
])("%s ends with its tables", (query) => {
  expect(hasTail(query)).toBe(false);
});

test.each([
  "SELECT * FROM users WHERE a = 1",
  "select a, count(*) from b group by a",
  "SELECT a FROM b UNION SELECT c FROM d",
  "SELECT a FROM b ORDER BY a",
  "SELECT a FROM b LIMIT 5",
  "SELECT a FROM b -- the end",
  "SELECT a FROM b FOR UPDATE",
  "SELECT a FROM b\nwhere a > 1",
])("%s has more", (query) => {
  expect(hasTail(query)).toBe(true);
});
