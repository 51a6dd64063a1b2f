import { describe, expect, test } from "vitest";
import { parseConnectors } from "./connector-file.ts";

const parse = (file: string, text: string) => parseConnectors(file, Buffer.from(text));

describe("a connector is read", () => {
  const expected = {
    name: "a",
    config: { name: "a", "tasks.max": "2", flag: "true", scale: "1.50" },
  };
  test.each([
    ["a.json", `{"name": "a", "config": {"tasks.max": 2, "flag": true, "scale": 1.50}}`],
    ["a.json", `{"name": "a", "tasks.max": "2", "flag": "true", "scale": "1.50"}`],
    ["a.yaml", `name: a\nconfig:\n  tasks.max: 2\n  flag: true\n  scale: 1.50\n`],
    ["a.yml", `# a comment\nname: a\ntasks.max: 2\nflag: true\nscale: 1.50\n`],
    ["a.properties", `name=a\ntasks.max : 2\n# a comment\nflag true\nscale=1.\\\n  50\n`],
    ["-", `{"name": "a", "tasks.max": 2, "flag": true, "scale": 1.50}`],
    ["-", `name: a\ntasks.max: 2\nflag: true\nscale: 1.50\n`],
    // What GET /connectors/a answers.
    [
      "a.json",
      `{"name":"a","config":{"name":"a","tasks.max":"2","flag":"true","scale":"1.50"},"tasks":[{"connector":"a","task":0}],"type":"sink"}`,
    ],
  ])("from %s: %s", (file, text) => {
    expect(parse(file, text)).toEqual([{ ...expected, file }]);
  });

  test("with the state that it is to begin in", () => {
    const [connector] = parse("a.json", `{"name":"a","config":{},"initial_state":"stopped"}`);
    expect(connector).toMatchObject({ initialState: "STOPPED" });
  });

  test("with all digits of a number", () => {
    expect(parse("a.json", `{"name":"a","id":12345678901234567890}`)[0]!.config).toEqual({
      name: "a",
      id: "12345678901234567890",
    });
  });

  test("with what Java writes in ISO-8859-1", () => {
    const content = Buffer.from("name=a\ntext=f\xFCr \\u20ac\n", "latin1");
    expect(parseConnectors("a.properties", content)[0]!.config["text"]).toBe("für €");
  });
});

test.each([
  ["a.json", `[{"name": "a"}, {"name": "b"}]`],
  ["a.yaml", `name: a\n---\nname: b\n`],
  ["a.yaml", `- name: a\n- name: b\n`],
])("several are read from %s: %s", (file, text) => {
  expect(parse(file, text).map(({ name }) => name)).toEqual(["a", "b"]);
});

test.each([
  [`{"connector.class": "x"}`, `a connector in it has no "name"`],
  [`{"name": "a", "config": {"name": "b"}}`, `"name" is "a", but the configuration names it "b"`],
  [`{"name": "a", "config": {}, "tasks.max": 1}`, `unknown key "tasks.max" beside "config"`],
  [`{"name": "a", "config": {}, "initial_state": "UP"}`, `"initial_state" must be one of`],
  [`{"name": "a", "topics": ["b"]}`, `the value of "topics" must be a text: lists are texts`],
  [`{"name": "a", "x": null}`, `the value of "x" must be a text: leave the key out`],
  [`{"name": 1, "config": null}`, `the value of "config" must be a text`],
  [`["a"]`, "a connector must be a map"],
  [`[]`, "there is no connector in it"],
  [`{"name": "a", "password": "hunter2" "x"}`, /^a\.json: it is not JSON: see position \d+/],
])("what is wrong is named: %s", (text, message) => {
  expect(() => parse("a.json", text)).toThrow(message);
  expect(() => parse("a.json", text)).not.toThrow("hunter2");
});

test("YAML that is none is refused, also with a key twice", () => {
  expect(() => parse("a.yaml", "name: a\nname: b\n")).toThrow("a.yaml: it is not YAML");
  expect(() => parse("a.yaml", "name: [a\n")).toThrow("a.yaml: it is not YAML");
});
