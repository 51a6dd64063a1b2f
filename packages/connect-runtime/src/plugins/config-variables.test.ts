import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  closeConfigProviders,
  createConfigProviders,
  namesWithoutClass,
} from "./config-providers.ts";
import { ConfigVariables } from "./config-variables.ts";
import type { PluginLocation } from "./location.ts";
import { PluginRegistry } from "./registry.ts";

/** A provider of somebody else, which keeps a record of what it is asked. */
const VAULT = `
export class VaultConfigProvider {
  config() { return { token: { type: "PASSWORD", importance: "HIGH", doc: "" } }; }
  configure(props) {
    globalThis.vaultMade = (globalThis.vaultMade ?? 0) + 1;
    if (props.token === "expired-token") throw new Error("token " + props.token + " is refused");
  }
  get(path, keys) {
    globalThis.vaultAsked.push([path, ...keys]);
    if (path === "down") throw new Error("vault is down");
    if (path === "odd") return { data: { k: 1 } };
    return { data: Object.fromEntries(keys.map((key) => [key, path + "/" + key])), ...(path === "lease" && { ttlMs: 5000 }), ...(path === "short" && { ttlMs: 100 }) };
  }
  close() { throw new Error("cannot close"); }
}`;

let home: string;
let registry: PluginRegistry;
const asked: string[][] = [];

beforeAll(async () => {
  Object.assign(globalThis, { vaultAsked: asked });
  home = await mkdtemp(join(tmpdir(), "variables-"));
  await mkdir(join(home, "vault"));
  await writeFile(join(home, "vault/index.mjs"), VAULT);
  await writeFile(join(home, "f.properties"), "k=hunter2\n__proto__=polluted\n");
  const location: PluginLocation = {
    kind: "config_provider",
    class: "com.acme.VaultConfigProvider",
    aliases: [],
    version: "1.0.0",
    package: "vault",
    packageVersion: "1.0.0",
    directory: join(home, "vault"),
    module: pathToFileURL(join(home, "vault/index.mjs")).href,
    export: "VaultConfigProvider",
  };
  registry = new PluginRegistry([location]);
});

afterAll(() => rm(home, { recursive: true }));

beforeEach(() => {
  asked.length = 0;
});

const WORKER = {
  "config.providers": "file, vault,,unnamed",
  "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
  "config.providers.vault.class": "VaultConfigProvider",
  "config.providers.vault.param.token": "t0ken",
};

const variables = (props: Record<string, string> = WORKER) =>
  new ConfigVariables(() => createConfigProviders(props, registry));

describe("resolving", () => {
  test("replaces what providers know, and tells which keys and values", async () => {
    const file = join(home, "f.properties");
    const { configs, values, keys, problems, ttlMs } = await variables().resolve({
      password: `\${file:${file}:k}`,
      url: `db://\${vault:a:user}:\${vault:a:pass}@h/\${nope:x:y}`,
      missing: `\${file:${file}:zzz}`,
      inherited: `\${file:${file}:constructor}`,
      plain: "text",
      none: null,
    });
    expect(configs).toEqual([
      {
        password: "hunter2",
        url: "db://a/user:a/pass@h/${nope:x:y}",
        missing: `\${file:${file}:zzz}`,
        inherited: `\${file:${file}:constructor}`,
        plain: "text",
        none: null,
      },
    ]);
    expect([...values]).toEqual(["hunter2", "a/user", "a/pass"]);
    expect([...keys]).toEqual(["password", "url"]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain(`\${file:${file}:zzz} in missing stays as it is`);
    expect(ttlMs).toBeUndefined();
  });

  test("asks once for each path, for all configurations together", async () => {
    const { configs } = await variables().resolve<Record<string, string>>(
      { a: "${vault:p:x}", b: "${vault:p:y}" },
      { a: "${vault:p:x}", c: "${vault:q:z}" },
    );
    expect(configs).toEqual([
      { a: "p/x", b: "p/y" },
      { a: "p/x", c: "q/z" },
    ]);
    expect(asked).toEqual([
      ["p", "x", "y"],
      ["q", "z"],
    ]);
  });

  test("gives the shortest time that values are good for", async () => {
    const props = { a: "${vault:lease:x}", b: "${vault:short:x}", c: "${vault:p:x}" };
    expect((await variables().resolve(props)).ttlMs).toBe(100);
  });

  test("makes no provider where there is no variable", async () => {
    const broken = variables({ ...WORKER, "config.providers.vault.class": "Nope" });
    expect((await broken.resolve({ a: "$" })).configs).toEqual([{ a: "$" }]);
    await expect(broken.resolve({ a: "${vault:p:x}" })).rejects.toThrow(
      /^Invalid value Nope for configuration config.providers.vault.class: .*Installed: .*FileConfigProvider.*com.acme.VaultConfigProvider/,
    );
  });

  test("makes providers once, and tries again where that failed", async () => {
    const made = () => (globalThis as { vaultMade?: number }).vaultMade ?? 0;
    const before = made();
    const once = variables();
    await Promise.all([1, 2, 3].map(() => once.resolve({ a: "${vault:p:x}" })));
    expect(made() - before).toBe(1);
    const expired = variables({
      ...WORKER,
      "config.providers.vault.param.token": "expired-token",
    });
    for (let i = 0; i < 2; i++) {
      await expect(expired.resolve({ a: "${vault:p:x}" })).rejects.toThrow(
        "Config provider vault (VaultConfigProvider) refuses its config.providers.vault.param.*: token [hidden] is refused",
      );
    }
    expect(made() - before).toBe(3);
  });

  test("passes on what a provider throws, and refuses what is no text", async () => {
    await expect(variables().resolve({ a: "${vault:down:x}" })).rejects.toThrow("vault is down");
    await expect(variables().resolve({ a: "${vault:odd:k}" })).rejects.toThrow(
      "Config provider vault returned something else than texts by key",
    );
  });
});

test("names without a class are told, not refused", () => {
  expect(namesWithoutClass(WORKER)).toEqual(["unnamed"]);
});

test("the worker's own providers name the parameter that is wrong", async () => {
  const props = {
    "config.providers": "env",
    "config.providers.env.class": "EnvVarConfigProvider",
    "config.providers.env.param.allowlist.pattern": "(",
  };
  await expect(createConfigProviders(props, registry)).rejects.toThrow(
    /^Config provider env .* refuses its config.providers.env.param.*: Invalid value \( for configuration allowlist.pattern/,
  );
});

test("closing goes on where one provider fails", async () => {
  const providers = await createConfigProviders(WORKER, registry);
  expect(await closeConfigProviders(providers)).toEqual([
    "Config provider vault could not be closed: cannot close",
  ]);
});
