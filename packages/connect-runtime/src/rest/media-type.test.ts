import { expect, test } from "vitest";
import { parseAccept, parseMediaType } from "./media-type.ts";

test.each([
  ["application/json", "application/json"],
  [" Application/JSON ; charset=utf-8", "application/json"],
  [`application/json;charset="a;b";`, "application/json"],
  ["application/vnd.api+json", "application/vnd.api+json"],
  ["*/*", "*/*"],
])("%j is the type %s", (text, type) => {
  const parsed = parseMediaType(text);
  expect(`${parsed?.type}/${parsed?.subtype}`).toBe(type);
});

test.each(["", "json", "application/", "/json", "a/b/c", "a/b, c/d", "a/b;x", "a/b;x=", "a b/c"])(
  "%j is no type",
  (text) => expect(parseMediaType(text)).toBeUndefined(),
);

test.each([
  ["text/html, application/json;q=0.5, */*;q=0.8", ["text/html", "*/*", "application/json"]],
  ["text/html;q=0", ["text/html"]],
  ["application", ["application/*"]],
  ["*", ["*/*"]],
  [`a/b;x="1,2",c/d,`, ["a/b", "c/d"]],
])("%j takes %j", (text, types) =>
  expect(parseAccept(text)?.map(({ type, subtype }) => `${type}/${subtype}`)).toEqual(types),
);

test.each([",", "a/b,,c/d", "a/b;q=2", "a/b;q=x", "a/b/c", ";q=1"])("%j says nothing", (text) =>
  expect(parseAccept(text)).toBeUndefined(),
);
