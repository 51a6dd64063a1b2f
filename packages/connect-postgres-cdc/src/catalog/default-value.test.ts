import { expect, test } from "vitest";
import { literalDefault } from "./default-value.ts";

test.each([
  ["'def'::text", "def"],
  ["'it''s'::character varying(20)", "it's"],
  ["'2024-01-02 03:04:05+00'::timestamp with time zone", "2024-01-02 03:04:05+00"],
  ["42", "42"],
  ["(-1.5)", "-1.5"],
  ["'-1'::integer", "-1"],
  ["true", "t"],
  ["false", "f"],
  ["B'101'::\"bit\"", "101"],
  ["'{}'::jsonb", "{}"],
  ["'ok'::public.mood", "ok"],
  ["NULL::character varying", null],
  ["now()", undefined],
  ["nextval('t_id_seq'::regclass)", undefined],
  ["('a'::text || 'b'::text)", undefined],
  ["'a'::text || 'b'::text", undefined],
  ["(now() - '01:00:00'::interval)", undefined],
  ["CURRENT_USER", undefined],
])("%s", (expression, value) => {
  expect(literalDefault(expression)).toBe(value);
});
