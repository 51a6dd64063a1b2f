import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { ConfigError } from "@millrace/connect-api";
import { booleanProperty, SOCKET_FACTORY, sortProperties, wholeProperty } from "../properties.ts";
import type { Target } from "./url.ts";

/** Properties of Connector/J and MariaDB's driver that have their effect here. */
const USED: ReadonlySet<string> = new Set([
  "user",
  "password",
  "useSSL",
  "requireSSL",
  "verifyServerCertificate",
  "sslMode",
  "serverSslCert",
  "trustCertificateKeyStoreUrl",
  "trustCertificateKeyStoreType",
  "clientCertificateKeyStoreUrl",
  "clientCertificateKeyStorePassword",
  "clientCertificateKeyStoreType",
  "connectTimeout",
  "useCompression",
  "zeroDateTimeBehavior",
  "tinyInt1isBit",
  "yearIsDateType",
  "netTimeoutForStreamingResults",
]);

/** Those that tune Java's drivers and ask for nothing here: every session has UTF-8 and UTC. */
const IDLE: ReadonlySet<string> = new Set([
  "allowPublicKeyRetrieval",
  "autoReconnect",
  "cachePrepStmts",
  "characterEncoding",
  "connectionCollation",
  "connectionTimeZone",
  "defaultFetchSize",
  "forceConnectionTimeZoneToSession",
  "nullCatalogMeansCurrent",
  "nullDatabaseMeansCurrent",
  "prepStmtCacheSize",
  "prepStmtCacheSqlLimit",
  "preserveInstants",
  "rewriteBatchedStatements",
  "serverTimezone",
  "tcpKeepAlive",
  "tcpNoDelay",
  "useConfigs",
  "useCursorFetch",
  "useJDBCCompliantTimezoneShift",
  "useLegacyDatetimeCode",
  "useServerPrepStmts",
  "useUnicode",
]);

const LOGIN =
  "Logins by Java classes, Kerberos or tokens are not supported; use a user with a password";

const REFUSED: Readonly<Record<string, string>> = {
  authenticationPlugins: LOGIN,
  defaultAuthenticationPlugin: LOGIN,
  credentialType: LOGIN,
  socketFactory: SOCKET_FACTORY,
  sslContextProvider: "Java classes can't be loaded; set sslMode and serverSslCert",
  propertiesTransform: "Java classes can't be loaded; write the properties themselves",
};

/** @throws {ConfigError} for a property that is not supported and must not be ignored */
export function checkProperties(target: Target): string[] {
  const warnings = sortProperties("MySQL", target.properties, {
    used: USED,
    idle: IDLE,
    refused: REFUSED,
  });
  tlsChoices(target);
  connectTimeoutMs(target);
  valueOptions(target);
  return warnings;
}

/** Milliseconds to wait for a connection; 0 waits without limit. */
export function connectTimeoutMs({ properties }: Target): number {
  return wholeProperty(properties, "connectTimeout", 10_000, "milliseconds");
}

/** Seconds for which the server holds a result that nobody takes. */
export function netTimeoutS({ properties }: Target): number {
  return wholeProperty(properties, "netTimeoutForStreamingResults", 600, "seconds");
}

const ZERO_DATES = ["EXCEPTION", "CONVERT_TO_NULL", "ROUND"] as const;
export type ZeroDates = (typeof ZERO_DATES)[number];

/** What becomes of values whose meaning is the driver's to say. */
export interface ValueOptions {
  /** Of dates with a month or day of zero. */
  readonly zeroDates: ZeroDates;
  readonly tinyInt1IsBit: boolean;
  readonly yearIsDate: boolean;
}

export function valueOptions({ properties }: Target): ValueOptions {
  const text = properties.get("zeroDateTimeBehavior") ?? "EXCEPTION";
  const named = text.toUpperCase().replace("CONVERTTONULL", "CONVERT_TO_NULL");
  const zeroDates = ZERO_DATES.find((known) => known === named);
  if (zeroDates === undefined) {
    const choices = ZERO_DATES.join(", ");
    throw new ConfigError("connection.zeroDateTimeBehavior", text, `Set it to one of: ${choices}`);
  }
  return {
    zeroDates,
    tinyInt1IsBit: booleanProperty(properties, "tinyInt1isBit", true),
    yearIsDate: booleanProperty(properties, "yearIsDateType", true),
  };
}

/** The modes of both drivers, by what they ask for. */
const SSL_MODES: Readonly<Record<string, "never" | "prefer" | "encrypt" | "ca" | "identity">> = {
  disabled: "never",
  disable: "never",
  preferred: "prefer",
  required: "encrypt",
  trust: "encrypt",
  "verify-ca": "ca",
  verify_ca: "ca",
  "verify-full": "identity",
  verify_identity: "identity",
};

/** The ways to connect, in the order to try them: TLS options, or false for none. */
export function tlsChoices({ properties }: Target): (ConnectionOptions | false)[] {
  const mode = sslMode(properties);
  if (mode === "never") return [false];
  const verifies = mode === "ca" || mode === "identity";
  const ca = trustedCertificates(properties);
  const tls: ConnectionOptions = {
    rejectUnauthorized: verifies,
    ...(ca && { ca }),
    ...clientCertificate(properties),
    // Asks who signed the certificate, not for whom.
    ...(mode === "ca" && { checkServerIdentity: () => undefined }),
  };
  return mode === "prefer" ? [tls, false] : [tls];
}

/** Connector/J's older properties count where `sslMode` is not set. */
function sslMode(properties: ReadonlyMap<string, string>) {
  const text = properties.get("sslMode");
  if (text !== undefined) {
    const mode = SSL_MODES[text.toLowerCase()];
    if (mode !== undefined) return mode;
    const choices = "DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY";
    throw new ConfigError("connection.sslMode", text, `Set it to one of: ${choices}`);
  }
  if (!booleanProperty(properties, "useSSL", true)) return "never";
  if (booleanProperty(properties, "verifyServerCertificate", false)) return "ca";
  return booleanProperty(properties, "requireSSL", false) ? "encrypt" : "prefer";
}

function trustedCertificates(properties: ReadonlyMap<string, string>): Buffer | string | undefined {
  const inline = properties.get("serverSslCert");
  if (inline?.startsWith("-----BEGIN")) return inline;
  const name = inline === undefined ? "trustCertificateKeyStoreUrl" : "serverSslCert";
  const file = readFile(properties, name);
  if (file === undefined || file.includes("-----BEGIN")) return file;
  throw new ConfigError(
    `connection.${name}`,
    properties.get(name),
    "The file holds no certificates in PEM form; a Java key store can be exported with keytool -exportcert -rfc",
  );
}

function clientCertificate(properties: ReadonlyMap<string, string>): ConnectionOptions {
  const pfx = readFile(properties, "clientCertificateKeyStoreUrl");
  if (pfx === undefined) return {};
  if ((properties.get("clientCertificateKeyStoreType") ?? "PKCS12").toUpperCase() !== "PKCS12") {
    throw new ConfigError(
      "connection.clientCertificateKeyStoreType",
      properties.get("clientCertificateKeyStoreType"),
      "Only PKCS12 is supported; keytool -importkeystore converts other key stores",
    );
  }
  const passphrase = properties.get("clientCertificateKeyStorePassword");
  return { pfx, ...(passphrase !== undefined && { passphrase }) };
}

/** The file of a path or a `file:` URL. */
function readFile(properties: ReadonlyMap<string, string>, name: string): Buffer | undefined {
  const path = properties.get(name);
  if (path === undefined || path === "") return undefined;
  try {
    return readFileSync(
      path.startsWith("file://") ? fileURLToPath(path) : path.replace(/^file:/, ""),
    );
  } catch (cause) {
    throw new ConfigError(`connection.${name}`, path, "The file cannot be read", { cause });
  }
}
