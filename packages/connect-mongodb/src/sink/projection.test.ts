import { expect, test } from "vitest";
import { makeProjection } from "./projection.ts";

const original = () => ({
  _id: 1,
  a: 1,
  name: "x",
  named: "y",
  o: { a: 1, b: { c: 1, d: 2 } },
  p: { a: 1, z: 2 },
  l: [{ a: 1, b: 2 }, 5],
});

function projected(type: string, list: string): unknown {
  const document = original();
  makeProjection(type, list)?.(document);
  return document;
}

test.each([
  ["allowlist", "_id,a", { _id: 1, a: 1 }],
  ["allowlist", "o.b.c", { o: { b: { c: 1 } } }],
  ["allowlist", "o.b.**", { o: { b: { c: 1, d: 2 } } }],
  [
    "allowlist",
    "*.a",
    { _id: 1, a: 1, name: "x", named: "y", o: { a: 1 }, p: { a: 1 }, l: [{ a: 1 }, 5] },
  ],
  ["allowlist", "nam*", { name: "x", named: "y" }],
  ["allowlist", "l.b", { l: [{ b: 2 }, 5] }],
  ["allowlist", "**", original()],
  ["allowlist", "", {}],
  ["whitelist", " _id , a ", { _id: 1, a: 1 }],
  [
    "blocklist",
    "a,o.b.c,l.a",
    {
      _id: 1,
      name: "x",
      named: "y",
      o: { a: 1, b: { d: 2 } },
      p: { a: 1, z: 2 },
      l: [{ b: 2 }, 5],
    },
  ],
  ["blocklist", "*.a", { o: { b: { c: 1, d: 2 } }, p: { z: 2 } }],
  ["blocklist", "nam*,l,p", { _id: 1, a: 1, o: { a: 1, b: { c: 1, d: 2 } } }],
  [
    "BlackList",
    "o.**",
    { _id: 1, a: 1, name: "x", named: "y", o: {}, p: { a: 1, z: 2 }, l: [{ a: 1, b: 2 }, 5] },
  ],
  ["none", "a", original()],
])("%s of %s", (type, list, expected) => {
  expect(projected(type, list)).toEqual(expected);
});
