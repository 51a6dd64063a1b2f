import type { ConnectionSettings } from "../dialect.ts";
import { booleanProperty, SOCKET_FACTORY, sortProperties, wholeProperty } from "../properties.ts";
import { splitOnce, UrlReader } from "../url-parts.ts";

const DEFAULT_PORT = 1433;

/** Where a connection goes and what its properties say. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Looked up by the server's browser service, in place of the port. */
  readonly instance: string | undefined;
  readonly database: string | undefined;
  readonly user: string;
  readonly password: (() => string) | null;
  readonly encrypt: boolean | "strict";
  readonly trustsAnyCertificate: boolean;
  readonly nameInCertificate: string | undefined;
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
  /** As Java's driver names them, in lower case: it does not mind. */
  readonly properties: ReadonlyMap<string, string>;
}

const USED: ReadonlySet<string> = new Set([
  "applicationname",
  "database",
  "databasename",
  "encrypt",
  "hostnameincertificate",
  "instance",
  "instancename",
  "logintimeout",
  "password",
  "port",
  "portnumber",
  "server",
  "servername",
  "ssl",
  "trustservercertificate",
  "user",
  "username",
]);

const IDLE: ReadonlySet<string> = new Set([
  "lastupdatecount",
  "multisubnetfailover",
  "packetsize",
  "responsebuffering",
  "selectmethod",
  "sendstringparametersasunicode",
  "sendtimeasdatetime",
  "statementpoolingcachesize",
  "usebulkcopyforbatchinsert",
  "xopenstates",
]);

const LOGIN =
  "Logins by Kerberos, Windows or Microsoft Entra are not supported; use a user with a password";
const KEYSTORE =
  "Java key stores can't be read; have Node trust the certificate by NODE_EXTRA_CA_CERTS, in PEM form";

const REFUSED: Readonly<Record<string, string>> = {
  accesstoken: LOGIN,
  authentication: LOGIN,
  authenticationscheme: LOGIN,
  columnencryptionsetting: "Always Encrypted columns are not supported; read them by a view",
  integratedsecurity: LOGIN,
  socketfactoryclass: SOCKET_FACTORY,
  socketfactory: SOCKET_FACTORY,
  trustmanagerclass: "Java classes can't be loaded; set encrypt and trustServerCertificate",
  truststore: KEYSTORE,
  clientcertificate: "Client certificates are not supported; use a user with a password",
};

/**
 * Reads `jdbc:sqlserver://host\instance:port;property=value` and jTDS's
 * `jdbc:jtds:sqlserver://host:port/database;property=value`.
 * @throws {ConfigError} when the URL cannot be read; what may be a password is not shown (I5)
 */
export function parseTarget(settings: ConnectionSettings): Target {
  const reader = new UrlReader(withoutSecrets(settings.url));
  const [, rest] = splitOnce(settings.url, "//");
  if (rest === undefined) {
    throw reader.invalid("Write it as jdbc:sqlserver://host:port;databaseName=shop");
  }
  const [location, more = ""] = splitOnce(rest, ";");
  const lower = (pairs: Iterable<[string, string]>) =>
    [...pairs].map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const properties = new Map([...lower(settings.properties), ...lower(readPairs(more))]);
  const first = (...names: string[]) => names.map((name) => properties.get(name)).find((v) => v);
  const [address, path] = splitOnce(location, "/");
  const [hostAndPort, instanceAndPort] = splitOnce(address, "\\");
  const [instance, port] = splitOnce(instanceAndPort ?? "", ":");
  const given = hostAndPort === "" ? (first("servername", "server") ?? "") : hostAndPort;
  const [server] = reader.hosts(port === undefined ? given : `${given}:${port}`, DEFAULT_PORT);
  const named = first("portnumber", "port");
  const encrypt = first("encrypt")?.toLowerCase();
  const inUrl = first("password");
  return {
    host: server?.host ?? "localhost",
    port: named === undefined ? (server?.port ?? DEFAULT_PORT) : Number(named),
    instance: instance || first("instancename", "instance"),
    database: first("databasename", "database") ?? (path || undefined),
    user: first("user", "username") ?? settings.user ?? "",
    password: inUrl === undefined ? settings.password : () => inUrl,
    encrypt:
      encrypt === "strict"
        ? "strict"
        : encrypt !== "false" && encrypt !== "no" && encrypt !== "optional",
    trustsAnyCertificate: booleanProperty(properties, "trustservercertificate", false),
    nameInCertificate: first("hostnameincertificate"),
    connectTimeoutMs: wholeProperty(properties, "logintimeout", 30, "seconds") * 1000,
    applicationName: first("applicationname") ?? settings.applicationName,
    properties,
  };
}

/** A value in braces may hold semicolons. */
function readPairs(text: string): [string, string][] {
  const pairs = text.match(/[^;={}]+=(?:\{(?:[^}]|\}\})*\}|[^;]*)/g) ?? [];
  return pairs.map((pair) => {
    const [name, value = ""] = splitOnce(pair, "=");
    const isBraced = value.startsWith("{") && value.endsWith("}");
    return [name.trim(), isBraced ? value.slice(1, -1).replaceAll("}}", "}") : value.trim()];
  });
}

/** @throws {ConfigError} for a property that is not supported and must not be ignored */
export function checkProperties({ properties }: Target): string[] {
  const asked = new Map(properties);
  for (const name of ["integratedsecurity", "authentication", "columnencryptionsetting"]) {
    // What they are when nobody says anything.
    if (/^(false|notspecified|sqlpassword|disabled)$/i.test(asked.get(name) ?? ""))
      asked.delete(name);
  }
  return sortProperties("SQL Server", asked, { used: USED, idle: IDLE, refused: REFUSED });
}

/** The URL without what may be a password: its properties. */
export function withoutSecrets(url: string): string {
  const [location, properties] = splitOnce(url, ";");
  return location.replace(/[^/]*@/, "…@") + (properties === undefined ? "" : ";…");
}
