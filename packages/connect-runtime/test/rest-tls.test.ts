import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions } from "node:tls";
import type { Props } from "@millrace/connect-api";
import { type Certificates, makeCertificates } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { RestClient } from "../src/rest/rest-client.ts";
import { PATIENCE } from "../src/rest/http-server.ts";
import { clientTls, listenerTls, renewedListenerTls } from "../src/rest/tls.ts";
import { follower } from "./support/fake-cluster.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";
import { startWorker } from "./support/worker-under-test.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "rest-tls-"));
let ours: Certificates;
let others: Certificates;
beforeAll(async () => {
  ours = await makeCertificates(folder);
  others = await makeCertificates(mkdtempSync(join(folder, "others-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (name: string, ...texts: string[]): string => {
  const file = join(folder, name);
  writeFileSync(file, texts.join("\n"));
  return file;
};
const prefixed = (prefix: string, props: Props): Props =>
  Object.fromEntries(Object.entries(props).map(([key, value]) => [prefix + key, value]));

/** Key and trust store as PKCS #12 and PEM. */
const stores = (clientAuth = "none"): Props => ({
  "ssl.keystore.location": ours.serverKeystore,
  "ssl.keystore.password": ours.forClients.storePassword,
  "ssl.keystore.type": "PKCS12",
  "ssl.truststore.location": ours.forClients.files.ca,
  "ssl.truststore.type": "PEM",
  "ssl.client.auth": clientAuth,
});

/** Containers often have no IPv6. */
const IPV6 = Object.values(networkInterfaces()).some((all) => all?.some((a) => a.address === "::1"))
  ? ["http://[::1]:0"]
  : [];

interface Shown {
  readonly cert?: string;
  readonly key?: string;
  readonly maxVersion?: "TLSv1.2";
}

/** @returns the status, or the code of the error */
function get(url: string, shown: Shown = {}, path = "/"): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { ca: ours.forClients.ca, agent: false, ...shown };
    request(new URL(path, url), options, (incoming) => {
      incoming.resume();
      incoming.on("end", () => resolve(incoming.statusCode!));
    })
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}

/** What a client gets that sends one request, with the sessions that it could go on with. */
function talk(
  url: string,
  options: ConnectionOptions,
): Promise<{ answer: string; sessions: Buffer[]; reused: boolean }> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), ca: ours.forClients.ca, ...options });
  const got = { answer: "", sessions: [] as Buffer[], reused: false };
  socket.on("session", (session) => got.sessions.push(session));
  socket.on("secureConnect", () => {
    got.reused = socket.isSessionReused();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  });
  socket.on("data", (data) => (got.answer += data.toString()));
  // Who is refused is reset.
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.on("close", () => resolve(got)));
}

const identity = ({ forClients: { client } }: Certificates): Shown => ({
  cert: client.certificate,
  key: client.key,
});
const REFUSED = expect.stringMatching(/ECONNRESET|ERR_SSL|EPIPE/);

describe("an https listener", () => {
  test.each(["none", "requested", "required"])(
    "with ssl.client.auth=%s lets in whom it should",
    async (auth) => {
      const { url } = await startWorker({ listeners: "https://127.0.0.1:0", ...stores(auth) });
      expect(url).toMatch(/^https:/);
      expect(await get(url)).toEqual(auth === "required" ? REFUSED : 200);
      expect(await get(url, identity(ours))).toBe(200);
      expect(await get(url, identity(others))).toEqual(auth === "none" ? 200 : REFUSED);
      await expect(send(url.replace("https", "http"), "GET", "/")).rejects.toThrow(
        /hang up|ECONNRESET/,
      );
    },
  );

  test.each(["requested", "required"])(
    "with ssl.client.auth=%s takes no stranger who resumes a session",
    async (auth) => {
      const { url } = await startWorker({ listeners: "https://127.0.0.1:0", ...stores(auth) });
      const stranger = await talk(url, identity(others));
      expect(stranger.answer).toBe("");
      // Tickets are sent before the certificate is judged.
      for (const session of stranger.sessions) {
        expect((await talk(url, { ...identity(others), session })).answer).toBe("");
        expect((await talk(url, { session })).answer).toBe("");
      }
      const known = await talk(url, identity(ours));
      expect(known.answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(known.sessions.length).toBeGreaterThan(0);
      const [session] = known.sessions;
      const resumed = await talk(url, { ...identity(ours), session: session! });
      expect(resumed).toMatchObject({ answer: expect.stringMatching(/200/), reused: true });
    },
  );

  test("takes its own keys only, once there is one of them", async () => {
    const other = prefixed("listeners.https.", {
      "ssl.keystore.location": pem("own.pem", ours.server.key, ours.server.certificate),
      "ssl.enabled.protocols": "TLSv1.3",
    });
    const { url } = await startWorker({
      listeners: "https://127.0.0.1:0",
      ...stores("required"),
      ...other,
    });
    expect(await get(url)).toBe(200);
    expect(await get(url, { maxVersion: "TLSv1.2" })).toEqual(expect.stringMatching(/SSL|PROTO/));
  });

  test("stands beside http, and an admin listener with certificates of its own", async () => {
    const worker = await startWorker({
      listeners: ["http://127.0.0.1:0", "https://127.0.0.1:0", ...IPV6].join(),
      "admin.listeners": "https://127.0.0.1:0",
      ...stores(),
      ...prefixed("admin.listeners.https.", stores("required")),
    });
    const [plain, secure, ...rest] = worker.addresses as [string, string, ...string[]];
    const admin = rest.pop()!;
    expect(worker.url).toBe(plain);
    expect(rest).toHaveLength(IPV6.length);
    for (const url of [plain, ...rest]) expect((await send(url, "GET", "/")).status).toBe(200);
    expect(await get(secure)).toBe(200);
    expect(await get(secure, {}, "/admin/loggers")).toBe(404);
    expect(await get(admin, {}, "/admin/loggers")).toEqual(REFUSED);
    expect(await get(admin, identity(ours), "/admin/loggers")).toBe(200);
    expect(await get(admin, identity(ours), "/connectors")).toBe(404);
  });

  test.each<[what: string, props: () => Props, message: RegExp]>([
    ["no key store", () => ({}), /ssl\.keystore\.location: an https listener needs/],
    [
      "a wrong password",
      () => ({ ...stores(), "ssl.keystore.password": "wrong-secret" }),
      /ssl\.keystore\.location: the password is wrong/,
    ],
    [
      "a file that is not there",
      () => ({ ...stores(), "ssl.keystore.location": "/nowhere/store.p12" }),
      /ssl\.keystore\.location: the file \/nowhere\/store\.p12 can't be read \(ENOENT\)/,
    ],
    [
      "Java's older format",
      () => ({
        ...stores(),
        "ssl.truststore.location": join(
          import.meta.dirname,
          "../../java-tls/test/fixtures/trust.jks",
        ),
      }),
      /ssl\.truststore\.location: .* is in JKS format; convert it with keytool -importkeystore/,
    ],
    [
      "a certificate that has expired",
      () => ({
        "ssl.keystore.location": pem("old.pem", ours.expired.key, ours.expired.certificate),
      }),
      /ssl\.keystore\.location: the certificate of CN=localhost is valid from .* only.* renew it/,
    ],
    [
      "clients' certificates, but no authority for them",
      () => ({
        "ssl.keystore.location": pem("own.pem", ours.server.key, ours.server.certificate),
        "ssl.client.auth": "required",
      }),
      /ssl\.truststore\.location: .*ssl\.client\.auth=required needs/,
    ],
    [
      "an unknown ssl.client.auth",
      () => prefixed("listeners.https.", stores("maybe")),
      /maybe for configuration listeners\.https\.ssl\.client\.auth: must be one of/,
    ],
  ])("is refused at start with %s, in one line without secrets", async (_, props, message) => {
    const starting = startWorker({ listeners: "https://127.0.0.1:0", ...props() });
    await expect(starting).rejects.toThrow(message);
    await expect(starting).rejects.not.toThrow(/\n|secret/);
  });
});

describe("a request to another worker", () => {
  const asking = (props: Props) => new RestClient({ tls: () => clientTls(props) });
  const stop = async (url: string, props: Props) => {
    const first = await follower(url, asking(props));
    return send(first.url, "PUT", "/connectors/a/stop");
  };

  test("shows the worker's own certificate, and checks that of the other", async () => {
    const { url } = await startWorker({ listeners: "https://127.0.0.1:0", ...stores("required") });
    const unknown = { status: 404, body: { error_code: 404, message: "Unknown connector a" } };
    expect(await stop(url, stores())).toMatchObject(unknown);
    expect(await stop(url, prefixed("listeners.https.", stores()))).toMatchObject(unknown);
    const message = async (props: Props) =>
      ((await stop(url, props)).body as { message: string }).message;
    const anonymous = { "ssl.truststore.location": ours.forClients.files.ca };
    expect(await message(anonymous)).toMatch(/^IO Error trying to forward REST request: /);
    const stranger = { ...stores(), "ssl.truststore.location": others.forClients.files.ca };
    expect(await message(stranger)).toMatch(/ssl\.truststore\.location/);
  });

  test("checks the name in the certificate, unless that is switched off", async () => {
    const { url } = await startWorker({ listeners: "https://127.0.0.2:0", ...stores() });
    const named = await stop(url, stores());
    expect((named.body as { message: string }).message).toMatch(
      /altnames.*rest\.advertised\.host\.name.*ssl\.endpoint\.identification\.algorithm/,
    );
    const off = { ...stores(), "ssl.endpoint.identification.algorithm": "" };
    expect((await stop(url, off)).status).toBe(404);
  });
});

describe("certificates that are renewed", () => {
  const renewed = () => {
    const file = pem("renewed.pem", others.server.key, others.server.certificate);
    const logger = recordingLogger();
    return { file, logger, props: { "ssl.keystore.location": file } };
  };
  const ownCertificate = () => pem("renewed.pem", ours.server.key, ours.server.certificate);

  test("are in force without a restart", async () => {
    const { props } = renewed();
    const { url } = await startWorker(
      { listeners: "https://127.0.0.1:0", ...props },
      undefined,
      undefined,
      {
        ...PATIENCE,
        checkMs: 20,
      },
    );
    expect(await get(url)).not.toBe(200);
    ownCertificate();
    await until("the new one is shown", async () => (await get(url)) === 200);
  });

  test("are refused when they are wrong, once each, and the old ones stay", () => {
    const { props, logger } = renewed();
    const tls = renewedListenerTls(props, "main", logger);
    const { cert } = tls.value;
    pem("renewed.pem", ours.expired.key, ours.expired.certificate);
    expect([tls.look(), tls.look()]).toEqual([false, false]);
    rmSync(props["ssl.keystore.location"]);
    expect([tls.look(), tls.look()]).toEqual([false, false]);
    expect(tls.value.cert).toBe(cert);
    expect(logger.lines).toEqual([
      expect.stringMatching(/^error New certificates cannot be used.*is valid from/),
      expect.stringMatching(/^error New certificates cannot be used.*ENOENT/),
    ]);
    ownCertificate();
    expect([tls.look(), tls.look()]).toEqual([true, false]);
    expect(tls.value.cert).not.toBe(cert);
  });
});

test("what listeners and requests take of the keys", () => {
  const props = { ...stores("requested"), "ssl.cipher.suites": "TLS_AES_256_GCM_SHA384" };
  const listener = listenerTls(props, "main");
  expect(listener).toMatchObject({ requestCert: true, rejectUnauthorized: false });
  expect(listener.ciphers).toBe("TLS_AES_256_GCM_SHA384");
  expect(clientTls(props)).not.toHaveProperty("checkServerIdentity");
});
