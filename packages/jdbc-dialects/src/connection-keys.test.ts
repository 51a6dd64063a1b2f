import { Password } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { connectionSettings, CREDENTIALS_PROVIDER } from "./connection-keys.ts";

const more = { applicationName: "here", isolation: "DEFAULT" } as const;

test("keys of the connection that are not the connector's own go to the driver", () => {
  const config = {
    "connection.url": "jdbc:sqlite:x",
    "connection.user": "u",
    "connection.password": new Password("p"),
  };
  const props = {
    "connection.url": "jdbc:sqlite:x",
    "connection.attempts": "3",
    "connection.backoff.ms": "1",
    "connection.sslmode": "require",
    "connections.max": "2",
  };
  const settings = connectionSettings(config, props, more);
  expect(settings).toMatchObject({ url: "jdbc:sqlite:x", user: "u", ...more });
  expect([...settings.properties]).toEqual([["sslmode", "require"]]);
  expect(settings.password?.()).toBe("p");
});

test("without a password there is none to tell", () => {
  const config = {
    "connection.url": "jdbc:sqlite:x",
    "connection.user": null,
    "connection.password": null,
  };
  expect(connectionSettings(config, {}, more)).toMatchObject({ user: null, password: null });
});

test("a Java class for credentials is refused", () => {
  expect(CREDENTIALS_PROVIDER.check("com.example.Vault")).toMatch(/not supported/);
  expect(CREDENTIALS_PROVIDER.check(CREDENTIALS_PROVIDER.default)).toBeUndefined();
  expect(CREDENTIALS_PROVIDER.check("")).toBeUndefined();
});
