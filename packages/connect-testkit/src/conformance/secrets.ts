import assert from "node:assert/strict";
import { inspect } from "node:util";
import { type ConfigDef, type ConfigValue, printed, type Props } from "@millrace/connect-api";
import type { RecordingLogger } from "../recording-logger.ts";

/** The secrets of a configuration: values of PASSWORD keys and those a driver names. */
export function secretsOf(def: ConfigDef, props: Props, named: readonly string[] = []): string[] {
  const passwords = Object.entries(def)
    .filter(([, { type }]) => type === "PASSWORD")
    .map(([key]) => props[key]);
  return [...passwords, ...named].filter((secret): secret is string => !!secret);
}

/** The configuration with a made-up value in the place of every password, and these values. */
export function withWrongPasswords(
  def: ConfigDef,
  props: Props,
): { props: Props; secrets: string[] } {
  const wrong = Object.entries(def)
    .filter(([, { type }]) => type === "PASSWORD")
    .map(([key]) => [key, `canary-${key}-5b1e`] as const);
  return {
    props: { ...props, ...Object.fromEntries(wrong) },
    secrets: wrong.map(([, secret]) => secret),
  };
}

/** @throws {AssertionError} when a secret shows in the log or in an error, however it is printed (I5) */
export function assertNoSecrets(
  secrets: readonly string[],
  shown: {
    readonly logger: RecordingLogger;
    readonly errors: readonly unknown[];
    readonly values?: readonly ConfigValue[];
  },
): void {
  const texts = [
    ["the log", shown.logger.text()],
    ...shown.errors.map((error) => ["an error", inspect(error, { depth: 8, showHidden: true })]),
    ...(shown.values ?? []).map(({ name, value, errors }) => [
      `the validation of ${name}`,
      `${errors.join("\n")} ${inspect(value)} ${printed({ type: "STRING" }, value)}`,
    ]),
  ] as [string, string][];
  for (const secret of secrets) {
    for (const [where, text] of texts) {
      assert.ok(!text.includes(secret), `a secret shows in ${where}:\n${masked(text, secret)}`);
    }
  }
}

function masked(text: string, secret: string): string {
  return text.replaceAll(secret, "<<the secret>>");
}
