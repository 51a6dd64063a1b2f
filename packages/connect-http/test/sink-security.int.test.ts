import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectTcp, type AddressInfo } from "node:net";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AivenHttpSinkConnector, ConfluentHttpSinkConnector } from "../src/index.ts";
import { TestServer, type Seen } from "./http-server.ts";
import { commitUntil, failureOf, record, startAiven, startConfluent } from "./sink.ts";

const SECRET = "s3cret-0f-the-client";

/** An authorization server and a resource server in one: tokens are numbered. */
class OAuthServer {
  readonly server: TestServer;
  issued = 0;
  valid = "";
  lifeSeconds: number | undefined = 3600;
  tokenStatus = 200;
  tokenRequests: Seen[] = [];

  constructor(server: TestServer) {
    this.server = server;
    server.react = async (request) => {
      if (request.path === "/token") {
        this.tokenRequests.push(request);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (this.tokenStatus !== 200) {
          return {
            status: this.tokenStatus,
            body: `{"error":"invalid_client","echo":"${SECRET}"}`,
          };
        }
        this.valid = `token-number-${++this.issued}`;
        const answer = {
          access_token: this.valid,
          token_type: "bearer",
          expires_in: this.lifeSeconds,
        };
        return { status: 200, body: JSON.stringify(answer) };
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      return request.headers.authorization === `Bearer ${this.valid}`
        ? { status: 200 }
        : { status: 401, body: `who is ${request.headers.authorization ?? "that"}?` };
    };
  }

  get props() {
    return {
      "auth.type": "OAUTH2",
      "oauth2.token.url": `${this.server.url}/token`,
      "oauth2.client.id": "client",
      "oauth2.client.secret": SECRET,
    };
  }
}

describe("OAuth 2", () => {
  test("one token serves all lanes, fetched with basic credentials", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    await using run = await startConfluent(`${server.url}/in`, {
      ...oauth.props,
      "oauth2.client.scope": "write",
      ordering: "none",
    });
    await run.put(Array.from({ length: 50 }, (_, i) => record(i, null, String(i))));
    await commitUntil(run, 50);
    expect(oauth.tokenRequests).toHaveLength(1);
    expect(oauth.tokenRequests[0]?.body).toBe("grant_type=client_credentials&scope=write");
    const basic = Buffer.from(`client:${SECRET}`).toString("base64");
    expect(oauth.tokenRequests[0]?.headers.authorization).toBe(`Basic ${basic}`);
    expect(server.mostInFlight).toBeGreaterThan(3);
  });

  test("credentials go into the form in mode URL, under the names that are configured", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    await using run = await startAiven(`${server.url}/in`, {
      "http.authorization.type": "oauth2",
      "oauth2.access.token.url": `${server.url}/token`,
      "oauth2.client.id": "client",
      "oauth2.client.secret": SECRET,
      "oauth2.client.authorization.mode": "URL",
      "oauth2.request.client.id.property": "cid",
      "oauth2.request.client.secret.property": "cs",
    });
    await run.put([record(0, null, "1")]);
    await commitUntil(run, 1);
    expect(oauth.tokenRequests[0]?.body).toBe(
      `grant_type=client_credentials&cid=client&cs=${SECRET}`,
    );
    expect(oauth.tokenRequests[0]?.headers.authorization).toBeUndefined();
  });

  test("a token that is refused is renewed once for all lanes, without a retry", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    await using run = await startConfluent(`${server.url}/in`, {
      ...oauth.props,
      ordering: "none",
      "max.retries": "0",
    });
    await run.put([record(0, null, "0")]);
    await commitUntil(run, 1);
    oauth.valid = "revoked";
    await run.put(Array.from({ length: 8 }, (_, i) => record(i + 1, null, String(i + 1))));
    await commitUntil(run, 9);
    expect(oauth.tokenRequests).toHaveLength(2);
    expect(server.taken).toHaveLength(2 + 9);
  });

  test("a token is renewed before it expires", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    oauth.lifeSeconds = 1;
    await using run = await startConfluent(`${server.url}/in`, oauth.props);
    const end = Date.now() + 2500;
    let offset = 0;
    while (Date.now() < end) {
      await run.put([record(offset++, null, "x")]);
      await commitUntil(run, offset);
    }
    expect(oauth.issued).toBeGreaterThanOrEqual(3);
    expect(server.seen.every(({ path, taken }) => path === "/token" || taken)).toBe(true);
  });

  test("credentials that are refused fail the task and show nothing secret", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    oauth.tokenStatus = 401;
    await using run = await startConfluent(`${server.url}/in`, oauth.props);
    await run.put([record(0, null, "1")]);
    const { message } = await failureOf(run);
    expect(message).toBe(
      `No token: ${server.url}/token answers 401 (invalid_client); check oauth2.token.url, oauth2.client.id and oauth2.client.secret`,
    );
    expect(run.logger.text()).not.toContain(SECRET);
  });

  test("a token server that is busy is asked again", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    oauth.tokenStatus = 503;
    await using run = await startConfluent(`${server.url}/in`, {
      ...oauth.props,
      "max.retries": "1000",
    });
    await run.put([record(0, null, "1")]);
    while (oauth.tokenRequests.length < 3) await new Promise((resolve) => setImmediate(resolve));
    oauth.tokenStatus = 200;
    await commitUntil(run, 1);
    expect(oauth.issued).toBe(1);
  });

  test("a token that is accepted by nobody ends in a failure that does not show it", async () => {
    await using server = await TestServer.start();
    const oauth = new OAuthServer(server);
    const react = server.react;
    server.react = async (request) =>
      request.path === "/token"
        ? await react(request)
        : { status: 401, body: `who is ${request.headers.authorization}?` };
    await using run = await startConfluent(`${server.url}/in`, oauth.props);
    await run.put([record(0, null, "1")]);
    const { message } = await failureOf(run);
    expect(message).toContain("answers 401: who is Bearer [hidden]?");
    expect(message).not.toContain("token-number");
    expect(oauth.tokenRequests).toHaveLength(2);
  });
});

test("basic and bearer authentication", async () => {
  await using server = await TestServer.start();
  const expected = { current: "" };
  server.react = ({ headers }) =>
    headers.authorization === expected.current
      ? { status: 200 }
      : { status: 401, body: `not ${headers.authorization}` };
  const basic = { "auth.type": "BASIC", "connection.user": "ann", "connection.password": SECRET };
  const bearer = { "auth.type": "BEARER", "bearer.token": SECRET };
  for (const [props, header] of [
    [basic, `Basic ${Buffer.from(`ann:${SECRET}`).toString("base64")}`],
    [bearer, `Bearer ${SECRET}`],
  ] as const) {
    expected.current = header;
    await using run = await startConfluent(server.url, props);
    await run.put([record(0, null, "1")]);
    await commitUntil(run, 1);
    expected.current = "else";
    await using refused = await startConfluent(server.url, props);
    await refused.put([record(0, null, "1")]);
    const { message } = await failureOf(refused);
    expect(message).toContain("[hidden]");
    expect(message).not.toContain(header.split(" ")[1]);
  }
});

describe("TLS", () => {
  let folder: string;
  let certificates: Certificates;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "http-tls-"));
    certificates = await makeCertificates(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const failure = async (url: string, props: Record<string, string> = {}) => {
    await using run = await startConfluent(url, { "behavior.on.error": "ignore", ...props });
    await run.put([record(0, null, "1")]);
    return (await failureOf(run)).message;
  };

  test("a server of an unknown authority is not trusted", async () => {
    await using server = await TestServer.start(certificates.server);
    expect(await failure(server.url)).toMatch(/certificate.*authority that issued it is trusted/);
    expect(server.seen).toEqual([]);
    await using run = await startConfluent(server.url, {
      "https.ssl.truststore.location": certificates.forClients.files.ca,
    });
    await run.put([record(0, null, "1")]);
    await commitUntil(run, 1);
  });

  test("nor is an expired certificate, or a server that does not speak TLS", async () => {
    const trust = { "https.ssl.truststore.location": certificates.forClients.files.ca };
    await using expired = await TestServer.start(certificates.expired);
    expect(await failure(expired.url, trust)).toMatch(/certificate has expired/);
    await using plain = await TestServer.start();
    expect(await failure(plain.url.replace("http:", "https:"), trust)).toMatch(
      /No answer to POST https/,
    );
  });

  test("a client shows its certificate, from PEM or PKCS #12", async () => {
    const { ca, files, storePassword } = certificates.forClients;
    await using server = await TestServer.start({ ...certificates.server, clientCa: ca });
    const trust = { "https.ssl.truststore.location": files.ca };
    // With TLS 1.3 the refusal comes after the handshake, as the end of the connection.
    const none = { ...trust, "max.retries": "1", "behavior.on.error": "fail" };
    expect(await failure(server.url, none)).toMatch(/No answer to POST https/);
    const pem = join(folder, "both.pem");
    await writeFile(
      pem,
      certificates.forClients.client.certificate + certificates.forClients.client.key,
    );
    for (const keys of [
      { "https.ssl.keystore.location": pem },
      {
        "https.ssl.keystore.location": files.keystore,
        "https.ssl.keystore.password": storePassword,
      },
    ]) {
      await using run = await startConfluent(server.url, { ...trust, ...keys });
      await run.put([record(0, null, "1")]);
      await commitUntil(run, 1);
    }
  });

  test("files that cannot be used are named with their key", async () => {
    const jks = join(folder, "trust.jks");
    await writeFile(jks, Buffer.from([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]));
    await expect(
      startConfluent("https://localhost/", { "https.ssl.truststore.location": jks }),
    ).rejects.toThrow(/https.ssl.truststore.location: not a PEM file.*keytool/);
    await expect(
      startConfluent("https://localhost/", { "https.ssl.keystore.location": jks }),
    ).rejects.toThrow(/https.ssl.keystore.location: a Java key store.*pkcs12/);
    await expect(
      startAiven("https://localhost/", { "http.ssl.truststore.location": `${jks}.none` }),
    ).rejects.toThrow(/http.ssl.truststore.location: cannot be read/);
  });

  test("http.ssl.trust.all.certs trusts anybody", async () => {
    await using server = await TestServer.start(certificates.expired);
    await using run = await startAiven(server.url, { "http.ssl.trust.all.certs": "true" });
    await run.put([record(0, null, "1")]);
    await commitUntil(run, 1);
    expect(server.taken).toEqual(["1"]);
  });

  test("through a proxy that asks for a password", async () => {
    await using server = await TestServer.start(certificates.server);
    await using proxy = await startProxy(
      `Basic ${Buffer.from(`pat:${SECRET}`).toString("base64")}`,
    );
    const props = {
      "https.ssl.truststore.location": certificates.forClients.files.ca,
      "http.proxy.host": "127.0.0.1",
      "http.proxy.port": String(proxy.port),
      "http.proxy.user": "pat",
    };
    await using run = await startConfluent(server.url, { ...props, "http.proxy.password": SECRET });
    await run.put([record(0, null, "1")]);
    await commitUntil(run, 1);
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
    const wrong = { ...props, "http.proxy.password": "wr0ng-password", "max.retries": "0" };
    const message = await failure(server.url, wrong);
    expect(message).toMatch(/No answer to POST .*407/);
    expect(message).not.toContain("wr0ng");
  });
});

async function startProxy(authorization: string) {
  const tunnels: string[] = [];
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer();
  server.on("connect", (req, socket) => {
    sockets.add(socket);
    if (req.headers["proxy-authorization"] !== authorization) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    tunnels.push(req.url ?? "");
    const { hostname, port } = new URL(`http://${req.url}`);
    const target = connectTcp(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    sockets.add(target);
    for (const end of [socket, target]) end.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a dry run says what was reached, or that the credentials are refused", async () => {
  await using server = await TestServer.start();
  server.react = ({ headers }) => ({ status: headers.authorization === "right" ? 405 : 401 });
  const props = {
    "http.url": `${server.url}/in`,
    "http.authorization.type": "static",
    topics: "t",
  };
  const ask = (value: string) =>
    new AivenHttpSinkConnector().testConnection(
      { ...props, "http.headers.authorization": value },
      new AbortController().signal,
    );
  expect(await ask("right")).toBe(`${server.url}/in answers HEAD with 405`);
  await expect(ask("wrong")).rejects.toThrow(/401: check the credentials/);
});

test("validation names keys, and no secret", () => {
  const values = new ConfluentHttpSinkConnector().validate({
    topics: "t",
    "http.api.url": "https://${topic}.example/",
    headers: `Authorization: ${SECRET}\u0001`,
    "auth.type": "OAUTH2",
    "retry.on.status.codes": "abc",
    "http.proxy.host": "proxy",
  });
  const errors = Object.fromEntries(
    values
      .filter((value) => value.errors.length > 0)
      .map(({ name, errors: [first] }) => [name, first]),
  );
  expect(errors).toMatchObject({
    "http.api.url": expect.stringContaining("host must be the same"),
    headers: "headers: the header Authorization has characters that are not allowed.",
    "oauth2.token.url": expect.stringContaining("needs oauth2.token.url"),
    "retry.on.status.codes": expect.stringContaining("abc is neither a status code"),
    "http.proxy.port": expect.stringContaining("http.proxy.port"),
  });
  expect(JSON.stringify(errors)).not.toContain(SECRET);
});
