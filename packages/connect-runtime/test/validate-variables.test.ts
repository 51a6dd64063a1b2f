import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawProps } from "../src/config/raw-props.ts";
import { Secrets } from "../src/config/secrets.ts";
import type { ConfigInfos, ValueInfo } from "../src/herder/config-infos.ts";
import { validateSubmitted } from "../src/herder/validate-submitted.ts";
import { createConfigProviders } from "../src/plugins/config-providers.ts";
import { ConfigVariables } from "../src/plugins/config-variables.ts";
import { PluginRegistry } from "../src/plugins/registry.ts";
import { scanPlugins } from "../src/plugins/scan.ts";

const CANARY = "c4nary-s3cret";
const FAILED = (key: string) =>
  `Invalid value for configuration '${key}': the value resolved from the config provider reference failed validation`;
const WORKER = {
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
  "config.providers": "file",
  "config.providers.file.class": "FileConfigProvider",
};

let home: string;
let registry: PluginRegistry;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "validate-"));
  await writeFile(
    join(home, "f.properties"),
    `secret=${CANARY}\nclass=LeakySource\nthrow=validate-throw\necho=validate\n`,
  );
  const path = fileURLToPath(new URL("fixtures/leaky-plugin", import.meta.url));
  registry = new PluginRegistry((await scanPlugins([path])).plugins);
});

afterAll(() => rm(home, { recursive: true }));

const variable = (key: string) => `\${file:${join(home, "f.properties")}:${key}}`;

function validate(props: RawProps): Promise<ConfigInfos> {
  const variables = new ConfigVariables(() => createConfigProviders(WORKER, registry));
  const submitted = { name: "a", "connector.class": "test.LeakySource", ...props };
  return validateSubmitted(submitted, registry, WORKER, variables, new Secrets());
}

async function valuesOf(props: RawProps): Promise<(key: string) => ValueInfo> {
  const infos = await validate(props);
  expect(JSON.stringify(infos)).not.toContain("c4nary");
  const errors = infos.configs.flatMap(({ value }) => value.errors);
  expect(infos.error_count).toBe(errors.length);
  return (key) => infos.configs.find(({ value }) => value.name === key)!.value;
}

describe("the validation of a configuration with variables", () => {
  test("shows the variable, and nothing of what it stands for", async () => {
    const value = await valuesOf({ secret: variable("secret"), other: "plain" });
    expect(value("secret")).toMatchObject({ value: variable("secret"), errors: [] });
    expect(value("other")).toMatchObject({ value: "plain", errors: [] });
  });

  test("checks the value, without quoting it", async () => {
    const value = await valuesOf({ number: variable("secret"), "tasks.max": variable("secret") });
    for (const key of ["number", "tasks.max"]) {
      expect(value(key)).toMatchObject({ value: variable("secret"), errors: [FAILED(key)] });
    }
  });

  test("hides it where a connector speaks of it", async () => {
    const value = await valuesOf({ secret: variable("secret"), leak: variable("echo") });
    expect(value("secret")).toEqual({
      name: "secret",
      value: variable("secret"),
      recommended_values: [],
      errors: [FAILED("secret")],
      visible: true,
    });
    expect(value("other")).toMatchObject({
      value: "like [hidden]",
      recommended_values: ["[hidden]-2"],
      errors: ["other is wrong, as secret is [hidden]"],
    });
    expect(value("more").value).toBe("[hidden]");
  });

  test("hides it where a connector throws", async () => {
    const failing = validate({ secret: variable("secret"), leak: variable("throw") });
    const error: Error = await failing.then(
      () => new Error("nothing was thrown"),
      (thrown: Error) => thrown,
    );
    expect(error.message).toBe("no login with [hidden]");
    expect(`${error.stack} ${JSON.stringify(error.cause)}`).not.toContain("c4nary");
  });

  test("hides it where an override is of the wrong type", async () => {
    await expect(validate({ "producer.override.linger.ms": variable("secret") })).rejects.toThrow(
      /^Invalid value \[hidden\] for configuration linger.ms/,
    );
  });

  test("shows an override's variable, and passwords not at all", async () => {
    const value = await valuesOf({
      "producer.override.client.rack": variable("secret"),
      "producer.override.sasl.jaas.config": `x password="plain" ${variable("secret")}`,
    });
    expect(value("producer.override.client.rack").value).toBe(variable("secret"));
    expect(value("producer.override.sasl.jaas.config").value).toBe("[hidden]");
  });

  test("leaves variables of unknown providers and keys as they are", async () => {
    const value = await valuesOf({ secret: "${nope:x:y}", other: variable("zzz") });
    expect(value("secret")).toMatchObject({ value: "${nope:x:y}", errors: [] });
    expect(value("other")).toMatchObject({ value: variable("zzz"), errors: [] });
  });

  test("drops providers that a connector brings along", async () => {
    const own = {
      "config.providers": "mine",
      "config.providers.mine.class": "FileConfigProvider",
      secret: `\${mine:${join(home, "f.properties")}:secret}`,
    };
    const value = await valuesOf(own);
    expect(value("secret").value).toBe(own.secret);
  });

  test.each(["connector.class", "task.isolation", "errors.restart.max"])(
    "refuses a variable in %s",
    async (key) => {
      await expect(validate({ [key]: variable("class") })).rejects.toMatchObject({
        message: `Configuration ${key} cannot hold a variable of a config provider (${variable("class")}): write its value out`,
        javaName: "org.apache.kafka.connect.runtime.rest.errors.BadRequestException",
      });
    },
  );

  test("fails with what a provider throws", async () => {
    await expect(validate({ secret: "${file:/no/such:x}" })).rejects.toThrow(
      "Could not read properties from file /no/such",
    );
  });
});
