import { readFile } from "node:fs/promises";

import { Backoff, sleep } from "../backoff.ts";
import type { OAuthToken } from "../connection/sasl.ts";
import { KafkaError } from "../errors.ts";
import type { JavaValues } from "../java-settings/values.ts";

export type TokenProvider = () => Promise<OAuthToken>;

interface DatedToken extends OAuthToken {
  issuedMs: number;
  expiresMs: number;
}

const CALLBACK_HANDLERS = [
  "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
  "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
];
const UNSECURED_HANDLER =
  "org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler";

/**
 * Where tokens for sasl.mechanism=OAUTHBEARER come from: the OAuth client credentials grant
 * (KIP-768), a file that something else keeps fresh, or unsigned tokens made here (KIP-255; for
 * tests only, as in Java).
 * @param options of the login module in sasl.jaas.config
 * @throws KafkaError INVALID_CONFIG
 */
export function oauthTokens(
  values: JavaValues,
  options: ReadonlyMap<string, string>,
): TokenProvider {
  const handler = values.text("sasl.login.callback.handler.class");
  if (handler !== undefined && ![...CALLBACK_HANDLERS, UNSECURED_HANDLER].includes(handler))
    throw invalid(
      "sasl.login.callback.handler.class",
      `${handler} is a Java class and can't run here; use ${CALLBACK_HANDLERS[0]} with sasl.oauthbearer.token.endpoint.url`,
    );
  const url = values.text("sasl.oauthbearer.token.endpoint.url");
  const unsecured = [...options.keys()].some((name) => name.startsWith("unsecuredLogin"));
  const useEndpoint =
    handler === undefined ? url !== undefined && !unsecured : handler !== UNSECURED_HANDLER;
  if (!useEndpoint) return async () => unsecuredToken(options, Date.now());
  if (url === undefined)
    throw invalid("sasl.oauthbearer.token.endpoint.url", "OAUTHBEARER logins need it");
  const fetchToken = url.startsWith("file:")
    ? fileToken(url, options)
    : clientCredentials(url, values, options);
  return cached(fetchToken, values.given("sasl.login.refresh.window.factor") ?? 0.8);
}

/** A token serves new connections until most of its life is over. */
function cached(fetchToken: () => Promise<DatedToken>, window: number): TokenProvider {
  let current: Promise<DatedToken> | undefined;
  let renewMs = 0;
  return async () => {
    if (current === undefined || Date.now() >= renewMs) {
      const fetching = (current = fetchToken());
      renewMs = Infinity; // while it is being fetched, everyone waits for the same one
      fetching.then(
        ({ issuedMs, expiresMs }) => (renewMs = issuedMs + (expiresMs - issuedMs) * window),
        () => (current = undefined),
      );
    }
    return await current;
  };
}

/** As Java's FileJwtRetriever. */
function fileToken(url: string, options: ReadonlyMap<string, string>): () => Promise<DatedToken> {
  return async () => {
    try {
      const text = (await readFile(new URL(url), "utf8")).trim();
      return { ...dates(text), value: text, extensions: extensionsOf(options, "extension_") };
    } catch (cause) {
      throw failed(`the token file ${url} can't be read`, true, cause);
    }
  };
}

/** As Java's HttpJwtRetriever: client id and secret as basic authentication, the scope in the body. */
function clientCredentials(
  url: string,
  values: JavaValues,
  options: ReadonlyMap<string, string>,
): () => Promise<DatedToken> {
  const id =
    values.text("sasl.oauthbearer.client.credentials.client.id") ?? options.get("clientId");
  const secret =
    values.text("sasl.oauthbearer.client.credentials.client.secret") ?? options.get("clientSecret");
  const scope = values.text("sasl.oauthbearer.scope") ?? options.get("scope");
  if (id === undefined || secret === undefined)
    throw invalid(
      "sasl.oauthbearer.client.credentials.client.id",
      "client id and secret are needed, there or as clientId and clientSecret in sasl.jaas.config",
    );
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalid("sasl.oauthbearer.token.endpoint.url", `${url} is no http, https or file URL`);
  const encode = values.given("sasl.oauthbearer.header.urlencode") === true;
  const [user, password] = encode ? [id, secret].map(encodeURIComponent) : [id, secret];
  const timeoutMs =
    (values.given("sasl.login.connect.timeout.ms") ?? 10_000) +
    (values.given("sasl.login.read.timeout.ms") ?? 10_000);
  const request = {
    method: "POST",
    headers: {
      accept: "application/json",
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      ...(scope === undefined ? {} : { scope }),
    }).toString(),
  };
  const extensions = extensionsOf(options, "extension_");
  return () =>
    retried(values, async () => ({ ...(await ask(url, request, timeoutMs)), extensions }));
}

async function ask(url: string, request: RequestInit, timeoutMs: number): Promise<DatedToken> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    body = await response.text();
  } catch (cause) {
    throw failed(`the token endpoint ${url} can't be reached`, true, cause);
  }
  if (!response.ok)
    // Java repeats server errors and nothing else; error answers hold no token (RFC 6749 §5.2).
    throw failed(
      `the token endpoint ${url} answered ${response.status} ${oauthError(body)}`.trimEnd(),
      response.status >= 500,
    );
  const { access_token: value } = parseJson(body);
  if (typeof value !== "string" || value === "")
    throw failed(`the token endpoint ${url} answered without an access_token`, false);
  return { ...dates(value), value };
}

async function retried<T>(values: JavaValues, attempt: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(
    values.given("sasl.login.retry.backoff.ms") ?? 100,
    values.given("sasl.login.retry.backoff.max.ms") ?? 10_000,
  );
  const deadline = Date.now() + 30_000;
  for (;;)
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retriable || Date.now() >= deadline) throw error;
      await sleep(backoff.nextMs());
    }
}

function oauthError(body: string): string {
  const { error, error_description: description } = parseJson(body);
  return [error, description].filter((part) => typeof part === "string").join(": ");
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // not JSON: none of the fields we look for is there
  }
}

/** Life of a JWT by its claims; a token that is no JWT is asked for anew each time. */
function dates(token: string): { issuedMs: number; expiresMs: number } {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  const { iat, exp } = parseJson(payload);
  const now = Date.now();
  if (typeof exp !== "number") return { issuedMs: now, expiresMs: now };
  return { issuedMs: typeof iat === "number" ? iat * 1000 : now, expiresMs: exp * 1000 };
}

/** As Java's OAuthBearerUnsecuredLoginCallbackHandler. */
function unsecuredToken(options: ReadonlyMap<string, string>, nowMs: number): OAuthToken {
  const claims: Record<string, unknown> = {};
  for (const [name, value] of options) {
    const text = afterPrefix(name, "unsecuredLoginStringClaim_");
    const number = afterPrefix(name, "unsecuredLoginNumberClaim_");
    const list = afterPrefix(name, "unsecuredLoginListClaim_");
    if (text !== undefined) claims[text] = value;
    if (number !== undefined) claims[number] = Number(value);
    // The list's first character separates its entries.
    if (list !== undefined) claims[list] = value.slice(1).split(value.slice(0, 1));
  }
  const principal = options.get("unsecuredLoginPrincipalClaimName") ?? "sub";
  if (typeof claims[principal] !== "string")
    throw invalid(
      "sasl.jaas.config",
      `it needs unsecuredLoginStringClaim_${principal}, or sasl.oauthbearer.token.endpoint.url has to be set`,
    );
  const iat = Math.floor(nowMs / 1000);
  const exp = iat + Number(options.get("unsecuredLoginLifetimeSeconds") ?? 3600);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const value = `${part({ alg: "none" })}.${part({ iat, exp, ...claims })}.`;
  return { value, extensions: extensionsOf(options, "unsecuredLoginExtension_") };
}

function extensionsOf(
  options: ReadonlyMap<string, string>,
  prefix: string,
): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const [name, value] of options) {
    const extension = afterPrefix(name, prefix);
    if (extension !== undefined) extensions[extension] = value;
  }
  return extensions;
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function failed(why: string, retriable: boolean, cause?: unknown): KafkaError {
  const message = `Could not get a token for OAUTHBEARER: ${why}`;
  return new KafkaError("SASL_AUTHENTICATION_FAILED", message, { retriable, cause });
}

function invalid(setting: string, why: string): KafkaError {
  return new KafkaError("INVALID_CONFIG", `Invalid configuration ${setting}: ${why}`);
}
