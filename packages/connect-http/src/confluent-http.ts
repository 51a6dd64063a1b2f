import { type ConfigDef, type ConfigOf, Password } from "@millrace/connect-api";
import type { AuthorizationSettings } from "./http/authorization.ts";
import type { ClientSettings } from "./http/client.ts";
import { StatusCodes } from "./http/status-codes.ts";
import type { TlsFiles } from "./http/tls.ts";
import type { OtherKey } from "./other-keys.ts";
import type { SettingsReader } from "./settings-reader.ts";

/** Keys that Confluent's HTTP sink and source share: who asks, and over what. */
export const CONFLUENT_HTTP_KEYS = {
  "http.connect.timeout.ms": {
    type: "INT",
    default: 30_000,
    min: 1,
    importance: "LOW",
    group: "Connection",
    doc: "Milliseconds to wait for a connection.",
  },
  "http.request.timeout.ms": {
    type: "INT",
    default: 30_000,
    min: 1,
    importance: "LOW",
    group: "Connection",
    doc: "Milliseconds from the beginning of a request to the end of its answer.",
  },
  "http.proxy.host": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Proxy for all requests; needs http.proxy.port.",
  },
  "http.proxy.port": {
    type: "INT",
    default: 0,
    min: 0,
    max: 65_535,
    importance: "LOW",
    group: "Connection",
    doc: "Port of the proxy.",
  },
  "http.proxy.user": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "User name for the proxy; needs http.proxy.password.",
  },
  "http.proxy.password": {
    type: "PASSWORD",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Password for the proxy; needs http.proxy.user.",
  },
  "https.ssl.truststore.location": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "PEM file with the authorities to trust, instead of the usual ones.",
  },
  "https.ssl.keystore.location": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "File with the certificate and key to show to servers: PEM or PKCS #12.",
  },
  "https.ssl.keystore.password": {
    type: "PASSWORD",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Password of https.ssl.keystore.location.",
  },
  "https.host.verifier.enabled": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    group: "Connection",
    doc: "Whether a certificate must be for the host that is asked.",
  },
  "auth.type": {
    type: "STRING",
    default: "NONE",
    oneOf: ["NONE", "BASIC", "BEARER", "OAUTH2"],
    ignoreCase: true,
    importance: "HIGH",
    group: "Authorization",
    doc: "How requests say who asks: by connection.user and connection.password, by bearer.token, or by tokens fetched with client credentials (oauth2.*).",
  },
  "connection.user": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "User name for basic authentication.",
  },
  "connection.password": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "Password for basic authentication.",
  },
  "bearer.token": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "Token for auth.type=BEARER.",
  },
  "oauth2.token.url": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "Where tokens are fetched.",
  },
  "oauth2.client.id": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "Client id.",
  },
  "oauth2.client.secret": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    group: "Authorization",
    doc: "Client secret.",
  },
  "oauth2.client.scope": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Authorization",
    doc: "Scope to ask for.",
  },
  "oauth2.client.auth.mode": {
    type: "STRING",
    default: "header",
    oneOf: ["header", "url"],
    ignoreCase: true,
    importance: "LOW",
    group: "Authorization",
    doc: "header sends client id and secret by basic authentication, url in the form of the request's body.",
  },
  "oauth2.token.property": {
    type: "STRING",
    default: "access_token",
    importance: "LOW",
    group: "Authorization",
    doc: "Member of the answer that has the token. A token is renewed shortly before it expires and after a 401.",
  },
} as const satisfies ConfigDef;

type HttpConfig = ConfigOf<typeof CONFLUENT_HTTP_KEYS>;

export const CONFLUENT_OTHER_KEYS: readonly OtherKey[] = [
  {
    name: "oauth2.jwt.enabled",
    idle: ["false"],
    effect: "refuse",
    remedy: "use oauth2.client.id and oauth2.client.secret",
  },
  {
    name: "oauth2.client.headers",
    idle: [],
    effect: "refuse",
    remedy: "token requests have no headers of their own",
  },
  {
    name: "https.ssl.truststore.password",
    idle: [],
    effect: "warn",
    remedy: "https.ssl.truststore.location is a PEM file, which has none",
  },
  {
    name: "https.ssl.key.password",
    idle: [],
    effect: "warn",
    remedy: "https.ssl.keystore.password opens the key, too",
  },
  { name: "ssl.enabled", idle: [], effect: "warn", remedy: "https addresses are spoken to by TLS" },
  { name: "confluent.*", idle: [], effect: "warn", remedy: "there is no licence to check" },
];

export function confluentAuthorization(
  config: HttpConfig,
  read: SettingsReader,
): AuthorizationSettings {
  const type = config["auth.type"].toUpperCase();
  const need = (...keys: (keyof HttpConfig)[]) => {
    for (const key of keys) {
      if (config[key] === null) read.problem(key, `auth.type=${type} needs ${key}.`);
    }
  };
  switch (type) {
    case "BASIC":
      need("connection.user", "connection.password");
      return {
        type: "basic",
        user: config["connection.user"] ?? "",
        password: config["connection.password"] ?? new Password(""),
      };
    case "BEARER":
      need("bearer.token");
      return { type: "bearer", token: config["bearer.token"] ?? new Password("") };
    case "OAUTH2": {
      need("oauth2.token.url", "oauth2.client.id", "oauth2.client.secret");
      const url = config["oauth2.token.url"];
      return {
        type: "oauth2",
        tokenUrl: url === null ? "" : read.fixedUrl("oauth2.token.url", url),
        clientId: config["oauth2.client.id"] ?? "",
        clientSecret: config["oauth2.client.secret"] ?? new Password(""),
        scope: config["oauth2.client.scope"],
        credentialsIn:
          config["oauth2.client.auth.mode"].toLowerCase() === "url" ? "form" : "header",
        fields: {
          grantType: "grant_type",
          clientId: "client_id",
          clientSecret: "client_secret",
        },
        grantType: "client_credentials",
        tokenProperty: config["oauth2.token.property"],
        renewOn: StatusCodes.UNAUTHORIZED,
        keys: "oauth2.token.url, oauth2.client.id and oauth2.client.secret",
      };
    }
    default:
      return { type: "none" };
  }
}

export function confluentClient(
  config: HttpConfig,
  followRedirects: boolean,
  read: SettingsReader,
): Omit<ClientSettings, "tls"> {
  return {
    connectTimeoutMs: config["http.connect.timeout.ms"],
    requestTimeoutMs: config["http.request.timeout.ms"],
    requestTimeoutKey: "http.request.timeout.ms",
    followRedirects,
    proxy: proxy(config, read),
  };
}

export function confluentTls(config: HttpConfig): TlsFiles {
  const trust = config["https.ssl.truststore.location"];
  const keys = config["https.ssl.keystore.location"];
  return {
    trustStore: trust === null ? null : { key: "https.ssl.truststore.location", path: trust },
    keyStore:
      keys === null
        ? null
        : {
            key: "https.ssl.keystore.location",
            path: keys,
            password: config["https.ssl.keystore.password"]?.value() ?? null,
          },
    trustAll: false,
    verifyHost: config["https.host.verifier.enabled"],
  };
}

function proxy(config: HttpConfig, read: SettingsReader): ClientSettings["proxy"] {
  const { "http.proxy.host": host, "http.proxy.port": port } = config;
  const { "http.proxy.user": user, "http.proxy.password": password } = config;
  if ((user === null) !== (password === null)) {
    const keys = ["http.proxy.user", "http.proxy.password"];
    read.problem(keys, "http.proxy.user and http.proxy.password must be given both or not at all.");
  }
  if (host === null || host === "") return null;
  const url = `http://${host}:${port}`;
  if (port === 0 || !URL.canParse(url)) {
    const keys = ["http.proxy.host", "http.proxy.port"];
    read.problem(keys, "http.proxy.host must be a host name and have a http.proxy.port.");
    return null;
  }
  if (user === null || password === null) return { url, authorization: null };
  const credentials = Buffer.from(`${user}:${password.value()}`).toString("base64");
  return { url, authorization: `Basic ${credentials}` };
}
