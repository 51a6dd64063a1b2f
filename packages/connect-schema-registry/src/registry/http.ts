import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "@millrace/connect-api";
import type { RegistryConfig } from "./config.ts";
import { BearerToken } from "./bearer-token.ts";
import { RegistryError, unreachable } from "./errors.ts";
import { tlsOptions } from "./tls.ts";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

/** Sends requests to whichever node of the registry answers. */
export class RegistryHttp {
  readonly #config: RegistryConfig;
  readonly #nodes: readonly Node[];
  readonly #token: BearerToken | undefined;
  readonly #closed = new AbortController();

  /** @throws {ConfigError} for an address, a credential or a key file that is wrong */
  constructor(config: RegistryConfig) {
    this.#config = config;
    const byIssuer = config["bearer.auth.credentials.source"] === "OAUTHBEARER";
    this.#token = byIssuer ? new BearerToken(config) : undefined;
    this.#nodes = config["schema.registry.url"].map((url) => makeNode(url, config));
  }

  /**
   * @param what for messages: "Looking up schema 7"
   * @returns the JSON of the answer
   * @throws {RegistryError} when the registry refuses, {RetriableError} when none answers
   */
  async request(what: string, method: string, path: string, body?: object): Promise<unknown> {
    const waitMs = this.#config["retries.wait.ms"];
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#askNodes(method, path, body);
      if (answer instanceof Error) {
        if (attempt >= this.#config["max.retries"] || this.#closed.signal.aborted) {
          throw unreachable(what, answer);
        }
        const wait = Math.min(this.#config["retries.max.wait.ms"], waitMs * 2 ** attempt);
        await sleep(wait, undefined, { signal: this.#closed.signal });
        continue;
      }
      const json = parse(answer);
      if (answer.status < 300) return json;
      const { error_code: code, message } = json as { error_code?: number; message?: string };
      throw new RegistryError(what, answer.status, code ?? answer.status, message ?? answer.text);
    }
  }

  close(): void {
    this.#closed.abort();
    for (const { agent } of this.#nodes) agent.destroy();
  }

  /** The first answer that is one, or why there was none. */
  async #askNodes(method: string, path: string, body?: object): Promise<Answer | Error> {
    let failure = new Error("there is no address");
    for (const node of this.#nodes) {
      try {
        const answer = await this.#authorized(node, method, path, body);
        if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) return answer;
        failure = new Error(`${node.url.origin} answered ${answer.status} ${answer.text}`);
      } catch (error) {
        failure = new Error(`${node.url.origin}: ${describe(error as Error)}`, { cause: error });
      }
    }
    return failure;
  }

  /** With the issuer's token, and once more with a new one where it is not taken. */
  async #authorized(node: Node, method: string, path: string, body?: object): Promise<Answer> {
    if (this.#token === undefined) return await this.#ask(node, method, path, body);
    const { signal } = this.#closed;
    for (let isSecond = false; ; isSecond = true) {
      const authorization = `Bearer ${await this.#token.text(signal)}`;
      const headers = { ...node.headers, authorization };
      const answer = await this.#ask({ ...node, headers }, method, path, body);
      if (answer.status !== 401 || isSecond) return answer;
      this.#token.forget();
    }
  }

  #ask(node: Node, method: string, path: string, body?: object): Promise<Answer> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { url, agent, headers } = node;
    const send = url.protocol === "https:" ? https.request : http.request;
    return new Promise((resolve, reject) => {
      const request = send(
        {
          method,
          agent,
          host: url.hostname,
          port: url.port,
          path: `${url.pathname.replace(/\/$/, "")}${path}`,
          headers: {
            ...headers,
            accept: `${CONTENT_TYPE}, application/json`,
            ...(payload && { "content-type": CONTENT_TYPE, "content-length": payload.length }),
          },
          signal: this.#closed.signal,
          timeout: this.#config["http.connect.timeout.ms"],
        },
        (response) => {
          response.setEncoding("utf8");
          let text = "";
          response.on("data", (part: string) => (text += part));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
          response.on("error", reject);
        },
      );
      request.on("socket", (socket) => {
        const connected = () => request.setTimeout(this.#config["http.read.timeout.ms"]);
        if (socket.connecting) socket.once("connect", connected);
        else connected();
      });
      request.on("timeout", () => request.destroy(new Error("no answer in time")));
      request.on("error", reject);
      request.end(payload);
    });
  }
}

interface Node {
  readonly url: URL;
  readonly agent: http.Agent;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function makeNode(address: string, config: RegistryConfig): Node {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    // It may hold a password.
    throw new ConfigError("schema.registry.url", "[hidden]", "must be URLs of http or https");
  }
  const agent =
    url.protocol === "https:"
      ? new https.Agent({ keepAlive: true, ...tlsOptions(config) })
      : new http.Agent({ keepAlive: true });
  return { url, agent, headers: authorization(url, config) };
}

function authorization(url: URL, config: RegistryConfig): Record<string, string> {
  const cluster = config["bearer.auth.logical.cluster"];
  const pool = config["bearer.auth.identity.pool.id"];
  if (config["bearer.auth.credentials.source"] === "OAUTHBEARER") {
    return {
      ...(cluster !== "" && { "target-sr-cluster": cluster }),
      ...(pool !== "" && { "confluent-identity-pool-id": pool }),
    };
  }
  const token = config["bearer.auth.token"].value();
  if (token !== "") return { authorization: `Bearer ${token}` };
  const given =
    config["basic.auth.user.info"].value() ||
    config["schema.registry.basic.auth.user.info"].value();
  const fromUrl = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const userInfo = config["basic.auth.credentials.source"] === "USER_INFO" ? given : fromUrl;
  if (userInfo === "") {
    throw new ConfigError("basic.auth.user.info", "", "USER_INFO needs it: name:password");
  }
  if (userInfo === ":") return {};
  return { authorization: `Basic ${Buffer.from(userInfo).toString("base64")}` };
}

function parse({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in between answers as it likes; the status says enough.
    return {};
  }
}

function describe(error: Error): string {
  // Where a name has several addresses, Node gives an error without a message of its own.
  const { errors } = error as AggregateError;
  return error.message || (errors as Error[] | undefined)?.[0]?.message || error.name;
}
