import type { Password } from "@millrace/connect-api";
import type { Authorization } from "./authorization.ts";
import { type HttpAnswer, type HttpClient, isSuccess } from "./client.ts";
import { RequestError } from "./request-error.ts";
import type { Secrets } from "./secrets.ts";
import { shownUrl } from "./shown-url.ts";
import { isTransientStatus, type StatusCodes } from "./status-codes.ts";

/** A token is renewed this long before it expires, or a tenth of its life where that is less. */
const MARGIN_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface OAuth2Settings {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Password;
  readonly scope: string | null;
  /** Where id and secret go: into an Authorization header, or the form. */
  readonly credentialsIn: "header" | "form";
  /** Names of the form's fields. */
  readonly fields: {
    readonly grantType: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  readonly grantType: string;
  /** The member of the answer that is the token. */
  readonly tokenProperty: string;
  /** Statuses of other requests after which a new token is fetched. */
  readonly renewOn: StatusCodes;
  /** For messages: the keys an operator looks at when the token is refused. */
  readonly keys: string;
}

interface Token {
  readonly header: string;
  readonly secret: string;
  /** When it is to be renewed, as `Date.now()`; Infinity where the server does not say. */
  readonly renewAt: number;
}

/**
 * Tokens of OAuth 2 client credentials (RFC 6749 §4.4): fetched when first needed, by one
 * request for all who wait, and again shortly before they expire or when one is refused.
 */
export class OAuth2Tokens implements Authorization {
  readonly #settings: OAuth2Settings;
  readonly #client: HttpClient;
  readonly #secrets: Secrets;
  #token: Token | undefined;
  /** The secrets of the last two tokens. */
  #shown: readonly (string | undefined)[] = [];
  #fetching: Promise<Token> | undefined;

  constructor(settings: OAuth2Settings, client: HttpClient, secrets: Secrets) {
    this.#settings = settings;
    this.#client = client;
    this.#secrets = secrets;
    secrets.add(settings.clientSecret.value());
    secrets.add(basicCredentials(settings));
  }

  header(signal: AbortSignal): string | Promise<string> {
    const token = this.#token;
    if (token !== undefined && Date.now() < token.renewAt) return token.header;
    return this.#shared(signal);
  }

  /** Several requests may be refused with one token: only the first drops it. */
  refused(header: string | null, status: number): boolean {
    if (!this.#settings.renewOn.has(status)) return false;
    if (this.#token !== undefined && this.#token.header === header) this.#token = undefined;
    return true;
  }

  async #shared(signal: AbortSignal): Promise<string> {
    if (this.#fetching === undefined) {
      const fetching = this.#fetch(signal);
      this.#fetching = fetching;
      const over = () => (this.#fetching = undefined);
      fetching.then(over, over);
    }
    return (await this.#fetching).header;
  }

  async #fetch(signal: AbortSignal): Promise<Token> {
    const { tokenUrl, keys } = this.#settings;
    const answer = await this.#client.get(tokenRequest(this.#settings), MAX_ANSWER_BYTES, signal);
    if (!isSuccess(answer.status)) {
      throw new RequestError(
        `No token: ${shownUrl(tokenUrl)} answers ${answer.status}${errorOf(answer)}; check ${keys}`,
        { transient: isTransientStatus(answer.status), sent: false },
      );
    }
    const token = this.#read(answer);
    this.#secrets.add(token.secret);
    // Answers to requests with the token before may still be on their way.
    const [outdated, previous] = this.#shown;
    if (outdated !== undefined) this.#secrets.forget(outdated);
    this.#shown = [previous, token.secret];
    this.#token = token;
    return token;
  }

  #read({ body }: HttpAnswer): Token {
    const { tokenUrl, tokenProperty } = this.#settings;
    const members = membersOf(body);
    const secret = members?.[tokenProperty];
    if (typeof secret !== "string" || !/^[\x21-\x7e]+$/.test(secret)) {
      throw new RequestError(
        `No token: the answer of ${shownUrl(tokenUrl)} is not JSON with a usable member ${tokenProperty}`,
        { transient: false, sent: false },
      );
    }
    const type = members?.["token_type"];
    // Servers write "bearer" too; RFC 6750 has the scheme with a capital.
    const scheme =
      typeof type === "string" && /^[\w-]+$/.test(type) && !/^bearer$/i.test(type)
        ? type
        : "Bearer";
    const lifeMs = Number(members?.["expires_in"]) * 1000;
    const renewAt =
      lifeMs > 0
        ? Date.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 10)
        : Number.POSITIVE_INFINITY;
    return { header: `${scheme} ${secret}`, secret, renewAt };
  }
}

function tokenRequest(settings: OAuth2Settings) {
  const { tokenUrl: url, fields, grantType, scope, clientId, clientSecret } = settings;
  const form = new URLSearchParams({ [fields.grantType]: grantType });
  if (scope !== null) form.set("scope", scope);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (settings.credentialsIn === "header") {
    headers["authorization"] = `Basic ${basicCredentials(settings)}`;
  } else {
    form.set(fields.clientId, clientId);
    form.set(fields.clientSecret, clientSecret.value());
  }
  return { method: "POST", url, headers, body: form.toString() };
}

function basicCredentials({ clientId, clientSecret }: OAuth2Settings): string {
  return Buffer.from(`${clientId}:${clientSecret.value()}`).toString("base64");
}

/** RFC 6749 §5.2 names what is wrong in two members; nothing else of the answer is shown. */
function errorOf({ body }: HttpAnswer): string {
  const { error, error_description: description } = membersOf(body) ?? {};
  const said = [error, description].filter((text) => typeof text === "string");
  return said.length > 0 ? ` (${said.join(": ").slice(0, 200)})` : "";
}

function membersOf(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    // Some proxies answer with pages.
    return undefined;
  }
}
