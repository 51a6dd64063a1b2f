import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRetriable, STRING_SCHEMA } from "@millrace/connect-api";
import {
  makeCertificates,
  releasePorts,
  reservePorts,
  sharedSchemaRegistry,
} from "@millrace/services";
import { describe, expect, test } from "vitest";
import { AvroConverter } from "../src/index.ts";
import { newTopic, read, write } from "./registry.ts";

const QUICK = { "max.retries": "0" };

/** A gate before the shared registry; `admit` says who may pass. */
class Gate implements AsyncDisposable {
  readonly #server: http.Server;

  constructor(
    target: URL,
    admit: (request: http.IncomingMessage) => number | undefined,
    tls?: https.ServerOptions,
  ) {
    const pass: http.RequestListener = (request, response) => {
      const refusal = admit(request);
      if (refusal !== undefined) {
        response.writeHead(refusal).end(JSON.stringify({ error_code: refusal, message: "no" }));
        return;
      }
      const { method, headers, url } = request;
      const onward = http.request(
        {
          host: target.hostname,
          port: target.port,
          path: url,
          method,
          headers: { ...headers, host: target.host },
        },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    };
    this.#server = tls === undefined ? http.createServer(pass) : https.createServer(tls, pass);
  }

  async listen(path: string, port = 0): Promise<string> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const scheme = this.#server instanceof https.Server ? "https" : "http";
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Issues tokens to clients, each with a number of its own. */
class TokenIssuer implements AsyncDisposable {
  issued = 0;
  lifeS = 3600;
  refuses = false;
  /** What clients have sent: the header, the body. */
  readonly requests: [string | undefined, string][] = [];
  readonly #server = http.createServer((request, response) => {
    text(request).then(
      (body) => {
        this.requests.push([request.headers.authorization, body]);
        if (this.refuses) return response.writeHead(401).end('{"error": "invalid_client"}');
        this.issued++;
        return response.end(
          JSON.stringify({ access_token: `token-${this.issued}`, expires_in: this.lifeS }),
        );
      },
      () => response.destroy(),
    );
  });

  static async start(): Promise<TokenIssuer> {
    const issuer = new TokenIssuer();
    issuer.#server.listen(0, "127.0.0.1");
    await once(issuer.#server, "listening");
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function tempFolder() {
  const path = await mkdtemp(join(tmpdir(), "millrace-registry-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const registry = async () => new URL(await sharedSchemaRegistry());

function converterAt(url: string, props = {}): AvroConverter {
  const converter = new AvroConverter();
  converter.configure({ "schema.registry.url": url, ...QUICK, ...props }, false);
  return converter;
}

const roundTrip = async (converter: AvroConverter): Promise<unknown> => {
  const topic = newTopic();
  const { value } = await read(converter, topic, await write(converter, topic, STRING_SCHEMA, "x"));
  converter.close();
  return value;
};

describe("credentials", () => {
  const basic = `Basic ${Buffer.from("ann:s3cret:x").toString("base64")}`;
  const asking =
    (expected: string) =>
    ({ headers }: http.IncomingMessage) =>
      headers.authorization === expected ? undefined : 401;

  test.for([
    [
      basic,
      { "basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "ann:s3cret:x" },
    ],
    [
      basic,
      {
        "basic.auth.credentials.source": "USER_INFO",
        "schema.registry.basic.auth.user.info": "ann:s3cret:x",
      },
    ],
    [
      "Bearer tok",
      { "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": "tok" },
    ],
  ] as const)("%s by keys", async ([expected, props]) => {
    const target = await registry();
    await using gate = new Gate(target, asking(expected));
    const url = await gate.listen(target.pathname);
    expect(await roundTrip(converterAt(url, props))).toBe("x");
    await expect(roundTrip(converterAt(url))).rejects.toThrow(
      /error code: 401\. Set basic\.auth\.credentials\.source/,
    );
  });

  test("in the URL", async () => {
    const target = await registry();
    await using gate = new Gate(target, asking(basic));
    const url = (await gate.listen(target.pathname)).replace("://", "://ann:s3cret%3Ax@");
    expect(await roundTrip(converterAt(url))).toBe("x");
  });

  test("a token of an issuer, which is renewed before its end and when it is not taken", async () => {
    await using issuer = await TokenIssuer.start();
    const target = await registry();
    const seen: (string | string[] | undefined)[] = [];
    await using gate = new Gate(target, ({ headers }) => {
      seen.push(headers["target-sr-cluster"], headers["confluent-identity-pool-id"]);
      return headers.authorization === `Bearer token-${issuer.issued}` ? undefined : 401;
    });
    const url = await gate.listen(target.pathname);
    const props = {
      "bearer.auth.credentials.source": "OAUTHBEARER",
      "bearer.auth.issuer.endpoint.url": issuer.url,
      "bearer.auth.client.id": "millrace:1",
      "bearer.auth.client.secret": "s3cret",
      "bearer.auth.scope": "schemas all",
      "bearer.auth.logical.cluster": "lsrc-1",
      "bearer.auth.identity.pool.id": "pool-1",
    };
    const converter = converterAt(url, props);
    const converted = () => write(converter, newTopic(), STRING_SCHEMA, "x");
    await converted();
    await converted();
    expect(issuer.issued).toBe(1);
    issuer.issued++; // the registry takes another one now
    await converted();
    expect(issuer.issued).toBe(3);
    issuer.lifeS = 0;
    issuer.issued++;
    await converted();
    await converted();
    expect(issuer.issued).toBe(6);
    converter.close();
    expect(new Set(seen)).toEqual(new Set(["lsrc-1", "pool-1"]));
    expect(issuer.requests[0]).toEqual([
      `Basic ${Buffer.from("millrace%3A1:s3cret").toString("base64")}`,
      "grant_type=client_credentials&scope=schemas+all",
    ]);
  });

  test("an issuer that refuses is named, and no secret is", async () => {
    await using issuer = await TokenIssuer.start();
    issuer.refuses = true;
    const props = {
      "bearer.auth.credentials.source": "OAUTHBEARER",
      "bearer.auth.issuer.endpoint.url": issuer.url,
      "bearer.auth.client.id": "me",
      "bearer.auth.client.secret": "s3cret",
    };
    await expect(roundTrip(converterAt("http://127.0.0.1:9", props))).rejects.toThrow(
      /^(?!.*s3cret).*answered 401 .*check bearer\.auth\.client\.id/s,
    );
    const { "bearer.auth.client.id": _id, ...without } = props;
    expect(() => converterAt("http://h", without)).toThrow("bearer.auth.client.id");
  });

  test("USER_INFO without any is refused, and no secret is shown", () => {
    const props = { "basic.auth.credentials.source": "USER_INFO" };
    expect(() => converterAt("http://h", props)).toThrow("basic.auth.user.info");
    expect(() => converterAt("ftp://ann:s3cret@h")).toThrow(/^(?!.*s3cret)/);
  });
});

describe("TLS", () => {
  test("trusts the authority it is given, shows its certificate, and trusts no other", async () => {
    await using folder = await tempFolder();
    const { server, forClients } = await makeCertificates(folder.path);
    const target = await registry();
    await using gate = new Gate(target, () => undefined, {
      key: server.key,
      cert: server.certificate,
      ca: forClients.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const url = await gate.listen(target.pathname);
    const trust = {
      "schema.registry.ssl.truststore.certificates": forClients.ca,
    };
    const identity = {
      "schema.registry.ssl.keystore.certificate.chain": forClients.client.certificate,
      "schema.registry.ssl.keystore.key": forClients.client.key,
    };
    expect(await roundTrip(converterAt(url, { ...trust, ...identity }))).toBe("x");
    const files = {
      "schema.registry.ssl.truststore.location": forClients.files.ca,
      "schema.registry.ssl.keystore.location": forClients.files.keystore,
      "schema.registry.ssl.keystore.password": forClients.storePassword,
    };
    expect(await roundTrip(converterAt(url, files))).toBe("x");
    const stores = {
      ...files,
      "schema.registry.ssl.truststore.location": forClients.files.keystore,
      "schema.registry.ssl.truststore.password": forClients.storePassword,
    };
    expect(await roundTrip(converterAt(url, stores))).toBe("x");
    await expect(roundTrip(converterAt(url, identity))).rejects.toThrow(/certificate/);
    await expect(roundTrip(converterAt(url, trust))).rejects.toThrow(/Registering the schema/);
  });

  test("a truststore that is none is refused by its key", () => {
    const props = { "schema.registry.ssl.truststore.location": import.meta.filename };
    expect(() => converterAt("https://h", props)).toThrow(
      "schema.registry.ssl.truststore.location: it is no PKCS #12 store",
    );
  });

  test("a Java key store is refused with the way to convert it", async () => {
    await using folder = await tempFolder();
    const store = join(folder.path, "trust.jks");
    await writeFile(store, Buffer.from("feedfeed0000000200000000", "hex"));
    const props = { "schema.registry.ssl.truststore.location": store };
    expect(() => converterAt("https://h", props)).toThrow("keytool -importkeystore");
  });
});

describe("a registry that is away", () => {
  test("is waited for", async () => {
    const target = await registry();
    const [port] = (await reservePorts(1)) as [number];
    const url = `http://127.0.0.1:${port}${target.pathname}`;
    const pending = roundTrip(
      converterAt(url, {
        "max.retries": "100",
        "retries.wait.ms": "20",
        "retries.max.wait.ms": "100",
      }),
    );
    await using gate = new Gate(target, () => undefined);
    await gate.listen(target.pathname, port);
    expect(await pending).toBe("x");
    await releasePorts([port]);
  });

  test("is an error that may be repeated, after max.retries", async () => {
    const failure = await roundTrip(converterAt("http://127.0.0.1:9")).catch(
      (error: unknown) => error,
    );
    expect(isRetriable(failure)).toBe(true);
    expect((failure as Error).message).toMatch(/127\.0\.0\.1:9.*Is schema\.registry\.url right/);
  });

  test("is passed over for the next node, also where it answers that it cannot", async () => {
    const target = await registry();
    await using sick = new Gate(target, () => 503);
    const sickUrl = await sick.listen(target.pathname);
    const urls = `http://127.0.0.1:9,${sickUrl},${target.href}`;
    expect(await roundTrip(converterAt(urls))).toBe("x");
  });
});
