import { expect, test } from "vitest";
import { parseJaas } from "./jaas.ts";

test.each([
  [
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="secret";',
    "PlainLoginModule",
    { username: "alice", password: "secret" },
  ],
  [
    `ScramLoginModule   REQUIRED\n  username=alice\n  password='it is' ;\n`,
    "ScramLoginModule",
    { username: "alice", password: "it is" },
  ],
  [
    String.raw`M required password="a\"b\\c\101\n;=" empty="";`,
    "M",
    { password: 'a"b\\cA\n;=', empty: "" },
  ],
  ['M required password=";" other = "=" ;', "M", { password: ";", other: "=" }],
  ["M required debug=true n=12;", "M", { debug: "true", n: "12" }],
  ["M optional;", "M", {}],
])("%j", (text, loginModule, options) => {
  const entry = parseJaas(text);
  expect(entry.loginModule).toBe(loginModule);
  expect(Object.fromEntries(entry.options)).toEqual(options);
});

test.each([
  ["", /no login module/],
  [";", /no login module/],
  ["M", /no control flag/],
  ["M sometimes;", /no control flag/],
  ['M required password="hush-hush"', /semicolon/],
  ["M required password=", /not name="value"/],
  ["M required password=;", /not name="value"/],
  ["M required hush-hush;", /not name="value"/],
  ['M required password="hush-hush;', /does not end/],
  ['M required a="1"; N required b="hush-hush";', /more than one/],
])("%j is refused, and nothing of it shown", (text, message) => {
  expect(() => parseJaas(text)).toThrow(message);
  expect(() => parseJaas(text)).toThrow(/sasl\.jaas\.config/);
  expect(() => parseJaas(text)).not.toThrow(/hush-hush/);
});
