import { ConfigError } from "@millrace/connect-api";
import type { RegistryConfig } from "./config.ts";

interface Token {
  readonly text: string;
  /** When it is to be replaced by another one, as a time of the clock. */
  readonly renewAt: number;
}

/** How long a token is used whose maker does not say how long it is good for. */
const UNKNOWN_LIFE_S = 60;

/**
 * The token of a client that logs in by its id and secret (RFC 6749, section 4.4), fetched when
 * it is first needed, and again before it ends.
 */
export class BearerToken {
  readonly #config: RegistryConfig;
  /** Undefined also where it could not be fetched: the next call asks again. */
  #token: Promise<Token | undefined> | undefined;

  /** @throws {ConfigError} when a key is missing */
  constructor(config: RegistryConfig) {
    this.#config = config;
    for (const key of ["bearer.auth.issuer.endpoint.url", "bearer.auth.client.id"] as const) {
      if (config[key] === "") throw new ConfigError(key, "", "OAUTHBEARER needs it");
    }
  }

  /**
   * @throws {Error} when the issuer does not answer, or refuses
   */
  async text(signal: AbortSignal): Promise<string> {
    const known = await this.#token;
    // One that was just fetched is used, however short its life.
    if (known !== undefined && Date.now() < known.renewAt) return known.text;
    const token = this.#fetch(signal);
    this.#token = token.catch(() => undefined);
    return (await token).text;
  }

  /** The registry does not take it any more. */
  forget(): void {
    this.#token = undefined;
  }

  async #fetch(signal: AbortSignal): Promise<Token> {
    const issuer = this.#config["bearer.auth.issuer.endpoint.url"];
    const scope = this.#config["bearer.auth.scope"];
    const timeout = AbortSignal.timeout(this.#config["http.read.timeout.ms"]);
    const response = await fetch(issuer, {
      method: "POST",
      redirect: "error",
      signal: AbortSignal.any([signal, timeout]),
      headers: { authorization: this.#basic(), accept: "application/json" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        ...(scope !== "" && { scope }),
      }),
    }).catch((cause: Error) => {
      throw new Error(
        `The token issuer ${issuer} was not reached (${cause.message}): check bearer.auth.issuer.endpoint.url`,
        { cause },
      );
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(
        `The token issuer ${issuer} answered ${response.status} ${text.slice(0, 200)}: check bearer.auth.client.id, bearer.auth.client.secret and bearer.auth.scope`,
      );
    }
    return this.#read(text, issuer);
  }

  #read(text: string, issuer: string): Token {
    let answer: { access_token?: unknown; expires_in?: unknown } = {};
    try {
      answer = JSON.parse(text) as typeof answer;
    } catch {
      // What follows says what is missing.
    }
    if (typeof answer.access_token !== "string") {
      throw new Error(`The token issuer ${issuer} answered without an access_token`);
    }
    const life = Number(answer.expires_in ?? UNKNOWN_LIFE_S);
    const buffer = this.#config["bearer.auth.cache.expiry.buffer.seconds"];
    // A token that lives shorter than the buffer is used for half of its life.
    const use = life > buffer ? life - buffer : life / 2;
    return { text: answer.access_token, renewAt: Date.now() + use * 1000 };
  }

  #basic(): string {
    const id = encodeURIComponent(this.#config["bearer.auth.client.id"]);
    const secret = encodeURIComponent(this.#config["bearer.auth.client.secret"].value());
    return `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  }
}
