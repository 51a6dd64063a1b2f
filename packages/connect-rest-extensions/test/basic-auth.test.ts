import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Props } from "@millrace/connect-api";
import { FakeRestContext, RecordingLogger } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { UsersFile } from "../src/basic-auth/users-file.ts";
import { BasicAuthSecurityRestExtension } from "../src/index.ts";
import { tempFolder } from "./temp-folder.ts";

const KEY = "java.security.auth.login.config";
const MODULE = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";

interface Setup {
  readonly props?: Props;
  readonly environment?: NodeJS.ProcessEnv;
  readonly jaas?: (folder: string) => string;
  readonly users?: string;
}

async function opened({ props, environment = {}, jaas, users = "fred: letmein\n" }: Setup = {}) {
  const folder = tempFolder();
  const file = join(folder, "users.properties");
  const jaasFile = join(folder, "jaas.conf");
  writeFileSync(file, users);
  writeFileSync(jaasFile, jaas?.(folder) ?? `KafkaConnect { ${MODULE} required file="${file}"; };`);
  const filled = (text: string | undefined) => text?.replaceAll("JAAS", jaasFile);
  const extension = new BasicAuthSecurityRestExtension({
    KAFKA_OPTS: filled(environment["KAFKA_OPTS"]),
  });
  extension.configure(
    Object.fromEntries(
      Object.entries(props ?? { [KEY]: "JAAS" }).map(([key, value]) => [key, filled(value)!]),
    ),
  );
  const context = new FakeRestContext();
  await extension.register(context);
  const ask = (user?: string, password?: string, route = "/connectors", method = "GET") =>
    context.ask({
      method,
      route,
      headers:
        user === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
    });
  return { ask, context, file };
}

const REFUSED = {
  user: undefined,
  response: { status: 401, body: "User cannot access the resource." },
};
const fred = { user: "fred", response: undefined };

describe("basic authentication", () => {
  test("lets in who knows a password of the file, and says who it is", async () => {
    const { ask } = await opened({ users: "fred: letmein\nempty=\n" });
    expect(await ask("fred", "letmein")).toEqual(fred);
    for (const [user, password] of [
      [],
      ["fred", "no"],
      ["fred", "letmein "],
      ["Fred", "letmein"],
      ["nobody", "letmein"],
      ["__proto__", ""],
    ]) {
      expect(await ask(user, password)).toEqual(REFUSED);
    }
    expect(await ask("empty", "")).toMatchObject({ user: "empty" });
  });

  test("covers all but what workers sign themselves", async () => {
    const { ask } = await opened();
    for (const route of ["/", "/health", "/admin/loggers", "/metrics", "/acme"]) {
      expect(await ask(undefined, undefined, route)).toEqual(REFUSED);
    }
    const internal = (method: string, route: string) => ask(undefined, undefined, route, method);
    expect((await internal("POST", "/connectors/:name/tasks")).response).toBeUndefined();
    expect((await internal("PUT", "/connectors/:name/fence")).response).toBeUndefined();
    expect(await internal("GET", "/connectors/:name/tasks")).toEqual(REFUSED);
  });

  test("takes the file that the Java worker's start script names", async () => {
    for (const option of [`-D${KEY}=JAAS`, `-Xmx1g -D${KEY}="JAAS" -Dx=y`]) {
      const { ask } = await opened({ props: {}, environment: { KAFKA_OPTS: option } });
      expect(await ask("fred", "letmein")).toEqual(fred);
    }
    const { ask } = await opened({ environment: { KAFKA_OPTS: `-D${KEY}=/nowhere` } });
    expect(await ask("fred", "letmein")).toEqual(fred);
  });

  test("of several files one that knows the user is enough, whatever the flags", async () => {
    const { ask } = await opened({
      jaas: (folder) => {
        writeFileSync(join(folder, "more.properties"), "anna=x");
        const module = (file: string) => `${MODULE} required file="${join(folder, file)}";`;
        return `KafkaConnect { ${module("users.properties")} ${module("more.properties")} };`;
      },
    });
    expect(await ask("fred", "letmein")).toEqual(fred);
    expect(await ask("anna", "x")).toMatchObject({ user: "anna" });
    expect(await ask("anna", "letmein")).toEqual(REFUSED);
  });

  test("an empty file lets everybody in as nobody, and that is told loudly", async () => {
    const { ask, context } = await opened({ users: "# nobody yet\n" });
    expect(await ask()).toEqual({ user: undefined, response: undefined });
    expect(await ask("fred", "x")).toEqual({ user: undefined, response: undefined });
    expect(context.logger.messages("warn")).toEqual([expect.stringMatching(/^NO AUTHENTICATION/)]);
  });

  test("workers that do not sign their requests are warned of", async () => {
    const signed = await opened();
    expect(signed.context.logger.lines).toEqual([]);
    const { context } = await opened({ props: { [KEY]: "JAAS", "connect.protocol": "eager" } });
    expect(context.logger.messages("warn")).toEqual([
      expect.stringMatching(/connect.protocol=eager/),
    ]);
  });

  test("a header that is not Base64 is an error", async () => {
    const { context } = await opened();
    const asking = context.ask({ headers: { authorization: "Basic !!!" } });
    await expect(asking).rejects.toThrow("Illegal base64 character 21");
  });

  test.each<[what: string, setup: Setup, message: RegExp]>([
    ["no file", { props: {} }, /java\.security\.auth\.login\.config.*KAFKA_OPTS/],
    ["a file that is not there", { props: { [KEY]: "/nowhere" } }, /\/nowhere.*ENOENT/],
    ["no entry", { jaas: () => "Other { x.Y required; };" }, /no entry KafkaConnect/],
    ["another module", { jaas: () => "KafkaConnect { x.Y required; };" }, /x\.Y, a Java class/],
    ["no users", { jaas: () => `KafkaConnect { ${MODULE} required; };` }, /option file=/],
    [
      "users that are not there",
      { jaas: () => `KafkaConnect { ${MODULE} required file="/nowhere"; };` },
      /\/nowhere for configuration java\.security\.auth.*ENOENT/,
    ],
    ["users in no format", { users: "fred=\\uletmein" }, /users\.properties.*Malformed/],
  ])(
    "%s keeps the worker from starting, by name and without passwords",
    async (_, setup, message) => {
      await expect(opened(setup)).rejects.toThrow(message);
      await expect(opened(setup)).rejects.not.toThrow(/letmein/);
    },
  );
});

describe("a users file that changes", () => {
  async function usersFile(text: string) {
    const path = join(tempFolder(), "users.properties");
    writeFileSync(path, text);
    let now = 0;
    const logger = new RecordingLogger();
    const file = await UsersFile.open("k", path, logger, () => now);
    const knows = async (user: string, password: string) => {
      now += 1_000;
      return file.judge({ user, password });
    };
    return { path, knows, logger };
  }

  test("is read again, also where another file is put in its place", async () => {
    const { path, knows, logger } = await usersFile("fred=one");
    expect(await knows("fred", "one")).toBe("known");
    writeFileSync(path, "fred=two");
    expect(await knows("fred", "one")).toBe("unknown");
    expect(await knows("fred", "two")).toBe("known");
    writeFileSync(`${path}.new`, "anna=one");
    renameSync(`${path}.new`, path);
    expect(await knows("fred", "two")).toBe("unknown");
    expect(await knows("anna", "one")).toBe("known");
    expect(logger.messages("info")).toHaveLength(2);
  });

  test("stays in force as it was when it is emptied, broken or gone", async () => {
    const { path, knows, logger } = await usersFile("fred=one");
    for (const [text, problem] of [
      ["", /has become empty/],
      ["fred=\\uone", /Malformed/],
      [undefined, /ENOENT/],
    ] as const) {
      if (text === undefined) rmSync(path);
      else writeFileSync(path, text);
      expect(await knows("fred", "one")).toBe("known");
      expect(await knows("fred", "no")).toBe("unknown");
      expect(logger.messages("error").at(-1)).toMatch(problem);
    }
    expect(logger.messages("error")).toHaveLength(3);
    writeFileSync(path, "fred=two");
    expect(await knows("fred", "two")).toBe("known");
  });
});
