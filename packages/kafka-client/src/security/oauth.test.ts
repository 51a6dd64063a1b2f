import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";

import { JavaValues } from "../java-settings/values.ts";
import { oauthTokens } from "./oauth.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const HANDLER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler";

function provider(props: Record<string, string>, options: Record<string, string> = {}) {
  return oauthTokens(new JavaValues(props, "admin"), new Map(Object.entries(options)));
}

const jwt = (claims: object) =>
  `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
const seconds = () => Math.floor(Date.now() / 1000);

interface Asked {
  authorization: string | undefined;
  body: string;
}

async function endpoint(answer: (response: ServerResponse, n: number) => void) {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push({ authorization: request.headers.authorization, body });
      answer(response, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/token`, asked };
}

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

test("client credentials: asked once while the token lives, anew when most of it is over", async () => {
  const { url, asked } = await endpoint((response, n) =>
    json(response, 200, {
      access_token: jwt({ n, iat: seconds() - (n === 1 ? 900 : 0), exp: seconds() + 100 }),
    }),
  );
  const token = provider(
    {
      "sasl.oauthbearer.token.endpoint.url": url,
      "sasl.login.callback.handler.class": HANDLER,
      "sasl.oauthbearer.client.credentials.client.id": "me",
      "sasl.oauthbearer.client.credentials.client.secret": "s:e/cret",
      "sasl.oauthbearer.scope": "kafka",
    },
    { extension_traceId: "7" },
  );
  const [first, same] = await Promise.all([token(), token()]);
  expect(first).toBe(same);
  expect(first.extensions).toEqual({ traceId: "7" });
  expect(asked).toEqual([
    {
      authorization: `Basic ${Buffer.from("me:s:e/cret").toString("base64")}`,
      body: "grant_type=client_credentials&scope=kafka",
    },
  ]);
  const second = await token();
  expect(second.value).not.toBe(first.value);
  expect(await token()).toBe(second);
  expect(asked.length).toBe(2);
});

test("client id and secret may stand in sasl.jaas.config, and be URL-encoded", async () => {
  const { url, asked } = await endpoint((response) =>
    json(response, 200, { access_token: jwt({ exp: seconds() + 100 }) }),
  );
  const props = {
    "sasl.oauthbearer.token.endpoint.url": url,
    "sasl.oauthbearer.header.urlencode": "true",
  };
  await provider(props, { clientId: "a b", clientSecret: "c&d" })();
  expect(asked[0]!.authorization).toBe(`Basic ${Buffer.from("a%20b:c%26d").toString("base64")}`);
  expect(asked[0]!.body).toBe("grant_type=client_credentials");
});

const CREDENTIALS = { clientId: "me", clientSecret: "hush-hush" };

test("a refusal is an error at once, with the endpoint's reason and without the secret", async () => {
  const { url, asked } = await endpoint((response) =>
    json(response, 401, { error: "invalid_client", error_description: "unknown" }),
  );
  const attempt = provider({ "sasl.oauthbearer.token.endpoint.url": url }, CREDENTIALS)();
  await expect(attempt).rejects.toThrow(/answered 401 invalid_client: unknown/);
  await expect(attempt).rejects.toMatchObject({ retriable: false });
  await expect(attempt).rejects.not.toThrow(/hush-hush/);
  expect(asked.length).toBe(1);
});

test("a server error is tried again; a failure is not remembered", async () => {
  const { url, asked } = await endpoint((response, n) =>
    n < 3
      ? response.writeHead(503).end("busy")
      : json(response, 200, n === 3 ? { token: 1 } : { access_token: "opaque" }),
  );
  const token = provider(
    { "sasl.oauthbearer.token.endpoint.url": url, "sasl.login.retry.backoff.ms": "1" },
    CREDENTIALS,
  );
  await expect(token()).rejects.toThrow(/without an access_token/);
  expect((await token()).value).toBe("opaque");
  expect(asked.length).toBe(4);
});

test("a token from a file is read again for each login unless it says how long it lives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "token-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  const token = provider({
    "sasl.oauthbearer.token.endpoint.url": pathToFileURL(file).href,
    "sasl.login.callback.handler.class": HANDLER,
  });
  await expect(token()).rejects.toThrow(/can't be read/);
  for (const value of ["one", "two"]) {
    writeFileSync(file, `${value}\n`);
    expect((await token()).value).toBe(value);
  }
});

test("unsigned tokens carry the claims of the login module", async () => {
  const { value, extensions } = await provider(
    {},
    {
      unsecuredLoginStringClaim_sub: "alice",
      unsecuredLoginNumberClaim_level: "7",
      unsecuredLoginListClaim_scope: "|a|b",
      unsecuredLoginLifetimeSeconds: "60",
      unsecuredLoginExtension_x: "y",
    },
  )();
  const [header, payload, signature] = value.split(".");
  expect(JSON.parse(Buffer.from(header!, "base64url").toString())).toEqual({ alg: "none" });
  const claims = JSON.parse(Buffer.from(payload!, "base64url").toString()) as {
    iat: number;
    exp: number;
  };
  expect(claims).toMatchObject({ sub: "alice", level: 7, scope: ["a", "b"] });
  expect(claims.exp - claims.iat).toBe(60);
  expect(signature).toBe("");
  expect(extensions).toEqual({ x: "y" });
});

test.each([
  [{ "sasl.login.callback.handler.class": "com.example.Handler" }, {}, /Java class/],
  [{ "sasl.login.callback.handler.class": HANDLER }, {}, /token.endpoint.url/],
  [{ "sasl.oauthbearer.token.endpoint.url": "http://h/t" }, {}, /client id and secret/],
  [{ "sasl.oauthbearer.token.endpoint.url": "ftp://h/t" }, CREDENTIALS, /no http, https or file/],
])("%j is refused when the settings are read", (props, options, message) => {
  expect(() => provider(props as Record<string, string>, options)).toThrow(message);
});

test("unsigned tokens need a subject", async () => {
  await expect(provider({})()).rejects.toThrow(/unsecuredLoginStringClaim_sub/);
});
