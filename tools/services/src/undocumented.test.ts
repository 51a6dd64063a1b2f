import { expect, test } from "vitest";
import { undocumentedBy } from "./undocumented.ts";

const ERROR = { type: "object", required: ["message"] };
const json = (schema: object) => ({ content: { "application/json": { schema } } });

const document = {
  paths: {
    "/things": { get: { responses: { 200: json({ type: "array" }) } } },
    "/things/{name}": {
      get: {
        responses: {
          200: json({ $ref: "#/components/schemas/Thing" }),
          204: {},
          default: json(ERROR),
        },
      },
    },
    "/metrics": { get: { responses: { 200: { content: { "text/plain": {} } } } } },
  },
  components: {
    schemas: {
      Thing: {
        type: "object",
        properties: { name: { type: "string" }, at: { type: "string", format: "date-time" } },
        required: ["name"],
        additionalProperties: false,
      },
    },
  },
};
const undocumented = undocumentedBy(document);

const answer = (status: number, body: unknown, type: string | undefined = "application/json") => ({
  status,
  headers: type === undefined ? {} : { "content-type": type },
  body,
});
const AT = "/things/a%20b?forward=true";
const THING = { name: "a", at: "2026-01-01T00:00:00Z" };

test("what is told of is well", () => {
  expect(undocumented("GET", "/things/", answer(200, []))).toBe("");
  expect(undocumented("GET", AT, answer(200, THING))).toBe("");
  expect(undocumented("GET", AT, { status: 204, headers: {}, body: "" })).toBe("");
  expect(undocumented("GET", AT, answer(418, { message: "tea" }))).toBe("");
  expect(undocumented("HEAD", AT, answer(200, ""))).toBe("");
  expect(undocumented("GET", "/metrics", answer(200, "a 1", "text/plain; version=1"))).toBe("");
});

test.each([
  ["a body", "GET", AT, answer(200, { ...THING, more: 1 }), "more"],
  ["a value", "GET", AT, answer(200, { ...THING, at: "now" }), "/at"],
  ["an error", "GET", AT, answer(418, { error: "tea" }), "message"],
  ["a body where none is told of", "GET", AT, answer(204, THING), "204 has a body"],
  ["a body without a type", "GET", AT, { status: 200, headers: {}, body: "a" }, "type none"],
  ["a type", "GET", AT, answer(200, "a", "text/html"), "text/html"],
  ["a status", "GET", AT, answer(201, THING), "201 is not told of"],
  ["an error of a call that tells of none", "GET", "/things", answer(500, ERROR), "500"],
  ["a method", "PUT", AT, answer(200, THING), "PUT /things/a%20b is not told of"],
  ["a path", "GET", "/nowhere", answer(200, {}), "/nowhere"],
  ["a HEAD", "HEAD", "/things", answer(201, ""), "201"],
])("%s that is not told of is found", (_, method, path, given, expected) => {
  expect(undocumented(method, path, given)).toContain(expected);
});

test("what the document is not about is left out", () => {
  expect(undocumented("OPTIONS", AT, answer(200, "GET", "text/plain"))).toBe("");
  expect(undocumented("GET", "/nowhere", answer(404, {}))).toBe("");
  expect(undocumented("GET", AT, answer(404, "<html>", "text/html"))).toBe("");
  expect(undocumented("GET", AT, { status: 400, headers: {}, body: "" })).toBe("");
});
