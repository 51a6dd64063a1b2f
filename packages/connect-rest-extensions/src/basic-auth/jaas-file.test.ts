import { describe, expect, test } from "vitest";
import { parseJaasFile } from "./jaas-file.ts";

const modules = (text: string) =>
  [...parseJaasFile(text)].map(([name, all]) => [
    name,
    ...all.map(({ className, options }) => [className, Object.fromEntries(options)]),
  ]);

describe("a login configuration file", () => {
  test.each([
    ["", []],
    [
      `KafkaConnect { x.Module required file="/etc/a b.properties"; };`,
      [["KafkaConnect", ["x.Module", { file: "/etc/a b.properties" }]]],
    ],
    [
      `// one; { of
       /* two } ;
        */ Client {
          a.A REQUISITE debug=true; // three
          b.B sufficient;
        };
        KafkaConnect{c.C optional x='it"s' y = "a\\\\b\\"c";};`,
      [
        ["Client", ["a.A", { debug: "true" }], ["b.B", {}]],
        ["KafkaConnect", ["c.C", { x: 'it"s', y: 'a\\b"c' }]],
      ],
    ],
    [
      `A { a.B required file="//no/comment" other=";{}="; };`,
      [["A", ["a.B", { file: "//no/comment", other: ";{}=" }]]],
    ],
    ["A { };", [["A"]]],
  ])("%j", (text, expected) => {
    expect(modules(text)).toEqual(expected);
  });

  test.each([
    ["A", /line 1: \{ is missing/],
    ["A {\n a.B }", /line 2: a flag such as required is missing/],
    ["A {\n a.B maybe; };", /line 2: .*one of required, requisite, sufficient, optional/],
    ["A {\n\n a.B required p=; };", /line 3: the value of an option is missing/],
    ["A { a.B required; }", /; is missing/],
    ["A { a.B required; };\nA { };", /line 2: this entry is there twice/],
    ['A { a.B required password="secret };', /line 1: something here/],
    ['A { a.B required password="secret" "secret" };', /= is missing/],
    ['A { a.B required file="${user.home}/secret"; };', /option file out/],
  ])("%j is refused by line, and not quoted", (text, message) => {
    expect(() => parseJaasFile(text)).toThrow(message);
    expect(() => parseJaasFile(text)).not.toThrow(/secret/);
  });
});
