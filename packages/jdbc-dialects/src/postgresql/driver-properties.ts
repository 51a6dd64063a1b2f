import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { ConfigError } from "@millrace/connect-api";
import { SOCKET_FACTORY, sortProperties } from "../properties.ts";
import type { Target } from "./url.ts";

/** pgjdbc's properties that have their effect here. */
const USED: ReadonlySet<string> = new Set([
  "user",
  "password",
  "ssl",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "sslNegotiation",
  "connectTimeout",
  "ApplicationName",
  "options",
]);

/** Those that tune Java's driver and ask for nothing here. */
const IDLE: ReadonlySet<string> = new Set([
  "adaptiveFetch",
  "gssEncMode",
  "allowEncodingChanges",
  "assumeMinServerVersion",
  "autosave",
  "binaryTransfer",
  "binaryTransferDisable",
  "binaryTransferEnable",
  "cancelSignalTimeout",
  "cleanupSavepoints",
  "currentSchema",
  "databaseMetadataCacheFields",
  "databaseMetadataCacheFieldsMiB",
  "defaultRowFetchSize",
  "disableColumnSanitiser",
  "escapeSyntaxCallMode",
  "hideUnprivilegedObjects",
  "logServerErrorDetail",
  "logUnclosedConnections",
  "loggerFile",
  "loggerLevel",
  "preferQueryMode",
  "prepareThreshold",
  "preparedStatementCacheQueries",
  "preparedStatementCacheSizeMiB",
  "quoteReturningIdentifiers",
  "reWriteBatchedInserts",
  "readOnly",
  "readOnlyMode",
  "stringtype",
  "tcpKeepAlive",
  "tcpNoDelay",
  "unknownLength",
]);

const KERBEROS =
  "Kerberos and SSPI logins are not supported; use a user with a password or a client certificate";
const TLS_CLASS = "Java classes can't be loaded; set sslmode, sslrootcert, sslcert and sslkey";

/** Those that security may hang on, which silently without effect would mislead, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  authenticationPluginClassName: "Java classes can't be loaded; set connection.password",
  channelBinding: "Channel binding cannot be demanded; set sslmode to verify-full",
  gsslib: KERBEROS,
  jaasApplicationName: KERBEROS,
  jaasLogin: KERBEROS,
  kerberosServerName: KERBEROS,
  requireAuth: "The kind of login cannot be demanded; set sslmode to verify-full",
  socketFactory: SOCKET_FACTORY,
  sslfactory: TLS_CLASS,
  sslfactoryarg: TLS_CLASS,
  sslhostnameverifier: TLS_CLASS,
  sslpasswordcallback: TLS_CLASS,
  sspiServiceClass: KERBEROS,
  useSpnego: KERBEROS,
};

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof SSL_MODES)[number];

const CONNECT_TIMEOUT_S = 10;

/** @throws {ConfigError} for a property that is not supported and must not be ignored */
export function checkProperties({ properties }: Target): string[] {
  const encryption = properties.get("gssEncMode") === "require" ? { gssEncMode: KERBEROS } : {};
  sslMode(properties);
  return sortProperties("PostgreSQL", properties, {
    used: USED,
    idle: IDLE,
    refused: { ...REFUSED, ...encryption },
  });
}

/** Milliseconds to wait for a connection; 0 waits without limit. */
export function connectTimeoutMs({ properties }: Target): number {
  const text = properties.get("connectTimeout") ?? String(CONNECT_TIMEOUT_S);
  if (!/^\d+$/.test(text)) {
    throw new ConfigError("connection.connectTimeout", text, "Not a number of seconds");
  }
  return Number(text) * 1000;
}

/** The ways to connect, in the order to try them: TLS options, or false for none. */
export function tlsChoices({ properties }: Target): (ConnectionOptions | false)[] {
  const mode = sslMode(properties);
  if (mode === "disable") return [false];
  const tls = tlsOptions(properties, mode);
  if (mode === "allow") return [false, tls];
  return mode === "prefer" ? [tls, false] : [tls];
}

/** (pgjdbc: `SslMode.of`; without a mode, `ssl=true` asks for the strictest.) */
function sslMode(properties: ReadonlyMap<string, string>): SslMode {
  const asksForSsl = properties.has("ssl") && properties.get("ssl") !== "false";
  const text = properties.get("sslmode") ?? (asksForSsl ? "verify-full" : "prefer");
  const mode = SSL_MODES.find((known) => known === text.toLowerCase());
  if (mode === undefined) {
    throw new ConfigError("connection.sslmode", text, `Set it to one of: ${SSL_MODES.join(", ")}`);
  }
  return mode;
}

function tlsOptions(properties: ReadonlyMap<string, string>, mode: SslMode): ConnectionOptions {
  const verifies = mode === "verify-ca" || mode === "verify-full";
  const ca = verifies ? readFile(properties, "sslrootcert", "root.crt") : undefined;
  return {
    rejectUnauthorized: verifies,
    ...(ca && { ca }),
    ...clientCertificate(properties),
    // verify-ca asks who signed the certificate, not for whom.
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}

/** pgjdbc wants the key as PKCS #8 in DER, or together with the certificate as PKCS #12. */
function clientCertificate(properties: ReadonlyMap<string, string>): ConnectionOptions {
  const passphrase = properties.get("sslpassword");
  const withPassphrase = passphrase === undefined ? {} : { passphrase };
  const key = readFile(properties, "sslkey", "postgresql.pk8");
  if (key === undefined) return {};
  if (/\.(p12|pfx)$/.test(properties.get("sslkey") ?? "")) return { pfx: key, ...withPassphrase };
  const cert = readFile(properties, "sslcert", "postgresql.crt");
  if (cert === undefined) return {};
  if (key.includes("-----BEGIN")) return { key, cert, ...withPassphrase };
  try {
    const parsed = createPrivateKey({ key, format: "der", type: "pkcs8", ...withPassphrase });
    return { key: parsed.export({ format: "pem", type: "pkcs8" }), cert };
  } catch (cause) {
    throw new ConfigError(
      "connection.sslkey",
      properties.get("sslkey"),
      "The file is no PKCS #8 key that connection.sslpassword opens",
      { cause },
    );
  }
}

/** The file that the property names, else the driver's default one where that exists. */
function readFile(
  properties: ReadonlyMap<string, string>,
  name: string,
  fallback: string,
): Buffer | undefined {
  const path = properties.get(name);
  try {
    return readFileSync(path ?? join(homedir(), ".postgresql", fallback));
  } catch (cause) {
    if (path === undefined) return undefined;
    throw new ConfigError(`connection.${name}`, path, "The file cannot be read", { cause });
  }
}
