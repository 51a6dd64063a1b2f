import type { ConfigDef } from "@millrace/connect-api";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { jsonSchema } from "./plugin-schema.ts";

const TABLE: ConfigDef = {
  url: { type: "STRING", importance: "HIGH", doc: "Where.", nonEmpty: true, displayName: "URL" },
  password: { type: "PASSWORD", importance: "HIGH", doc: "", default: "secret" },
  size: { type: "INT", importance: "LOW", doc: "", default: 10, min: 1, max: 100 },
  share: { type: "DOUBLE", importance: "LOW", doc: "", default: 0.5 },
  large: { type: "LONG", importance: "LOW", doc: "", default: 2n ** 60n },
  strict: { type: "BOOLEAN", importance: "LOW", doc: "", default: false, group: "Other" },
  mode: { type: "STRING", importance: "LOW", doc: "", default: "a", oneOf: ["a", "b"] },
  level: {
    type: "STRING",
    importance: "LOW",
    doc: "",
    default: null,
    oneOf: ["x"],
    ignoreCase: true,
  },
  names: { type: "LIST", importance: "LOW", doc: "", default: ["p", "q"] },
  hidden: { type: "STRING", importance: "LOW", doc: "", default: null, internal: true },
};

const schema = jsonSchema(TABLE);
// Strict but for the keywords of our own.
const ajv = new Ajv2020({ allowUnionTypes: true });
ajv.addVocabulary(["x-importance", "x-group"]);
ajv.addFormat("password", true);
const isValid = ajv.compile(schema);

test("tells of keys, defaults and what is required, and of no password's default", () => {
  expect(schema).toMatchObject({
    required: ["url"],
    properties: {
      url: { title: "URL", description: "Where.", "x-importance": "HIGH" },
      size: { default: 10, minimum: 1, maximum: 100 },
      large: { default: "1152921504606846976" },
      strict: { default: false, "x-group": "Other" },
      names: { default: "p,q" },
      password: { writeOnly: true },
    },
  });
  expect(JSON.stringify(schema)).not.toContain("secret");
  expect(schema["properties"]).not.toHaveProperty("hidden");
  expect((schema["properties"] as Record<string, object>)["level"]).not.toHaveProperty("default");
});

test.each<[object]>([
  [{}],
  [{ size: 5, share: 0.1, strict: true, mode: "b" }],
  [{ size: "5", share: "1e-3", strict: "TRUE", level: "X", names: "a, b" }],
  [{ size: "${env:SIZE}", strict: "${env:STRICT}", mode: "${env:MODE}" }],
  [{ "transforms.a.type": "T", other: 1 }],
])("%j is valid", (config) => {
  isValid({ url: "u", ...config });
  expect(isValid.errors ?? []).toEqual([]);
});

test.each<[object]>([
  [{ url: "" }],
  [{ size: 0 }],
  [{ size: 1.5 }],
  [{ size: "five" }],
  [{ share: "much" }],
  [{ strict: "maybe" }],
  [{ mode: "c" }],
  [{ names: ["a"] }],
  [{ other: {} }],
])("%j is not", (config) => {
  expect(isValid({ url: "u", ...config })).toBe(false);
});

test("a key that is missing is missed", () => {
  expect(isValid({})).toBe(false);
});
