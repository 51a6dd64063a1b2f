import { describe, expect, test } from "vitest";
import type { ConfigDef } from "./def.ts";
import { validateConfig } from "./validate.ts";

const TABLE = {
  name: { type: "STRING", importance: "HIGH", doc: "" },
  "tasks.max": { type: "INT", default: 1, min: 1, importance: "HIGH", doc: "" },
  limit: { type: "LONG", default: null, min: 0, importance: "LOW", doc: "" },
  mode: { type: "STRING", importance: "LOW", doc: "", oneOf: ["bulk", "incrementing"] },
  format: {
    type: "STRING",
    default: "BASE64",
    oneOf: ["NUMERIC", "BASE64"],
    ignoreCase: true,
    importance: "LOW",
    doc: "",
  },
  secret: { type: "PASSWORD", default: null, importance: "LOW", doc: "", check: () => "Too weak" },
} as const satisfies ConfigDef;

function validate(props: Record<string, string>) {
  const valid = { name: "a", mode: "bulk" };
  const values = validateConfig(TABLE, { ...valid, ...props });
  return Object.fromEntries(values.map(({ name, value, errors }) => [name, { value, errors }]));
}

test("rules that see null say what they think of it, by the name they know", () => {
  const required = { type: "LIST", importance: "HIGH", doc: "" } as const;
  const check = (value: unknown) => (value === null ? "Empty list" : undefined);
  const table: ConfigDef = {
    "t.fields": { ...required, nonEmpty: true, nameInRules: "fields" },
    "t.headers": { ...required, check, checksNull: true, nameInRules: "headers" },
    "t.others": { ...required, check },
  };
  const missing = (key: string) =>
    `Missing required configuration "${key}" which has no default value.`;
  expect(validateConfig(table, {}).map(({ errors }) => errors)).toEqual([
    [missing("t.fields"), "Configuration 'fields' values must not be null."],
    [missing("t.headers"), "Invalid value null for configuration headers: Empty list"],
    [missing("t.others")],
  ]);
  const [fields] = validateConfig(table, { "t.fields": "" });
  expect(fields!.errors).toEqual([
    "Configuration 'fields' must not be empty. Valid values include: any non-empty value",
  ]);
});

// The texts and values that Kafka Connect 4.3.1 answers.
describe("validating a table", () => {
  test("gives defaults where nothing is set", () => {
    const values = validate({});
    expect(values["tasks.max"]).toEqual({ value: 1, errors: [] });
    expect(values["limit"]).toEqual({ value: null, errors: [] });
  });

  test("what cannot be parsed has no value, and ranges refuse that too", () => {
    expect(validate({ "tasks.max": "abc" })["tasks.max"]).toEqual({
      value: null,
      errors: [
        "Invalid value abc for configuration tasks.max: Not a number of type INT",
        "Invalid value null for configuration tasks.max: Value must be non-null",
      ],
    });
    expect(validate({ limit: "x" })["limit"]!.errors).toHaveLength(1);
  });

  test("what breaks a rule keeps its value", () => {
    expect(validate({ "tasks.max": "-1" })["tasks.max"]).toEqual({
      value: -1,
      errors: ["Invalid value -1 for configuration tasks.max: Value must be at least 1"],
    });
    expect(validate({ format: "WRONG" })["format"]).toEqual({
      value: "WRONG",
      errors: [
        "Invalid value WRONG for configuration format: String must be one of (case insensitive): NUMERIC, BASE64",
      ],
    });
  });

  test("a missing key is named, and its choices", () => {
    const [name, mode] = validateConfig(TABLE, {}).filter((v) => ["name", "mode"].includes(v.name));
    expect(name!.errors).toEqual([
      'Missing required configuration "name" which has no default value.',
    ]);
    expect(mode!.errors).toEqual([
      'Missing required configuration "mode" which has no default value.',
      "Invalid value null for configuration mode: String must be one of: bulk, incrementing",
    ]);
  });

  test("a secret is never printed", () => {
    expect(validate({ secret: "hunter2" })["secret"]!.errors).toEqual([
      "Invalid value [hidden] for configuration secret: Too weak",
    ]);
  });
});
