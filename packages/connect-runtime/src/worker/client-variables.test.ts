import type { Props } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { withClientProps } from "./client-variables.ts";

const CONFIG = {
  name: "c",
  password: "${file:f:password}",
  "admin.override.sasl.jaas.config": "${file:f:jaas}",
  "admin.override.client.rack": "r1",
};

/** A thread whose provider knows everything, and what it was asked. */
function threads() {
  const asked: Props[] = [];
  return {
    asked,
    resolve: async (props: Props) => {
      asked.push(props);
      const resolved = Object.keys(props).map((key) => [key, "c4nary"]);
      return { props: Object.fromEntries(resolved) as Props, secrets: ["c4nary"] };
    },
  };
}

test("only client settings with variables are asked for", async () => {
  const { asked, ...rest } = threads();
  expect(await withClientProps(rest, CONFIG, async (props) => props)).toEqual({
    ...CONFIG,
    "admin.override.sasl.jaas.config": "c4nary",
  });
  expect(asked).toEqual([{ "admin.override.sasl.jaas.config": "${file:f:jaas}" }]);
});

test("no thread is asked where there are none", async () => {
  const { asked, ...rest } = threads();
  const { "admin.override.sasl.jaas.config": _, ...plain } = CONFIG;
  expect(await withClientProps(rest, plain, async (props) => props)).toEqual(plain);
  expect(asked).toEqual([]);
});

test("what fails does not tell the value", async () => {
  const failing = withClientProps(threads(), CONFIG, async (props) => {
    throw new Error(`no login with ${props["admin.override.sasl.jaas.config"]}`);
  });
  await expect(failing).rejects.toThrow("no login with [hidden]");
});
