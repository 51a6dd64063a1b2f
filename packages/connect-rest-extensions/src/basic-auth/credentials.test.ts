import { expect, test } from "vitest";
import { parseCredentials } from "./credentials.ts";

const encoded = (text: string) => Buffer.from(text).toString("base64");

test.each([
  [`Basic ${encoded("fred:letmein")}`, { user: "fred", password: "letmein" }],
  [`bAsIc ${encoded("fred:a:b:")}`, { user: "fred", password: "a:b:" }],
  [`Basic ${encoded("fred:")}`, { user: "fred", password: "" }],
  [`Basic ${encoded("jürgen:pässwörd€")}`, { user: "jürgen", password: "pässwörd€" }],
  // Java's decoder takes it without the padding too.
  [`Basic ${encoded("fred:a").replaceAll("=", "")}`, { user: "fred", password: "a" }],
  [`Basic ${encoded(":letmein")}`, undefined],
  [`Basic ${encoded("fred")}`, undefined],
  ["Basic Zm9=", undefined],
  ["Basic ", undefined],
  ["Basic", undefined],
  [` ${encoded("fred:letmein")}`, undefined],
  [`Bearer ${encoded("fred:letmein")}`, undefined],
  [undefined, undefined],
])("%j", (header, credentials) => {
  expect(parseCredentials(header)).toEqual(credentials);
});

test.each([
  ["Basic !!!", "Illegal base64 character 21"],
  ["Basic Zm9v Zm9v", "Illegal base64 character 20"],
  ["Basic Z", "Last unit does not have enough valid bits"],
  ["Basic Zm=9", "Input byte array has wrong 4-byte ending unit"],
  ["Basic Zg=", "Input byte array has wrong 4-byte ending unit"],
])("%j is answered in the words of Java's decoder", (header, message) => {
  expect(() => parseCredentials(header)).toThrow(message);
});
