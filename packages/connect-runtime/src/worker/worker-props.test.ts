import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseStandaloneConfig } from "../config/worker-config.ts";
import { Logging } from "../logging.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { pluginPathOf, resolveWorkerProps } from "./worker-props.ts";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "worker-props-"));
  await writeFile(join(home, "f.properties"), "servers=broker-1:9092\nthreads=c4nary\n");
});

afterAll(() => rm(home, { recursive: true }));

const variable = (key: string) => `\${file:${join(home, "f.properties")}:${key}}`;

async function resolve(props: Record<string, string>) {
  const lines: string[] = [];
  const logging = new Logging(({ message }) => lines.push(message));
  const raw = {
    "config.providers": "file",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "bootstrap.servers": variable("servers"),
    "key.converter": "x.Y",
    "value.converter": "x.Y",
    "offset.storage.file.filename": "/offsets",
    ...props,
  };
  return { ...(await resolveWorkerProps(raw, new PluginRegistry([]), logging.logger("x"))), lines };
}

test("a worker's properties are resolved before they are parsed", async () => {
  const { parse, values, props } = await resolve({});
  expect(parse(parseStandaloneConfig)["bootstrap.servers"]).toEqual(["broker-1:9092"]);
  expect(values).toEqual(["broker-1:9092"]);
  expect(props["bootstrap.servers"]).toBe("broker-1:9092");
});

test("plugin.path is read as it is written", async () => {
  const { props } = await resolve({ "plugin.path": variable("servers") });
  expect(props["plugin.path"]).toBe(variable("servers"));
  expect(pluginPathOf({ "plugin.path": " /a, /b" })).toEqual(["/a", "/b"]);
  expect(pluginPathOf({})).toEqual([]);
});

test("what is wrong names the key and the variable, never the value", async () => {
  const { parse } = await resolve({ "task.threads": variable("threads") });
  expect(() => parse(parseStandaloneConfig)).toThrow(
    `Invalid value ${variable("threads")} for configuration task.threads: the value that a config provider gives for it is wrong`,
  );
});

test("a value of another key is not quoted either", async () => {
  const { parse } = await resolve({ "task.threads": "c4nary", "client.id": variable("threads") });
  expect(() => parse(parseStandaloneConfig)).toThrow(
    "Invalid value [hidden] for configuration task.threads: Not a number of type INT",
  );
});

test("variables that stay, and providers without a class, are told of", async () => {
  const { lines, props } = await resolve({
    "config.providers": "file,other",
    "client.id": variable("zzz"),
  });
  expect(props["client.id"]).toBe(variable("zzz"));
  expect(lines).toEqual([
    expect.stringMatching(
      /^config.providers names other, but there is no config.providers.other.class/,
    ),
    expect.stringMatching(/:zzz\} in client.id stays as it is/),
  ]);
});

test("a provider that cannot answer stops the worker", async () => {
  await expect(resolve({ "client.id": "${file:/no/such:x}" })).rejects.toThrow(
    "Could not read properties from file /no/such",
  );
  await expect(resolve({ "config.providers.file.class": "Nope" })).rejects.toThrow(
    /^Invalid value Nope for configuration config.providers.file.class: /,
  );
});
