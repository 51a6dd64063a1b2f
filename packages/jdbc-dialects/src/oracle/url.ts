import type { ConnectionSettings } from "../dialect.ts";
import { SOCKET_FACTORY, sortProperties, wholeProperty } from "../properties.ts";
import { splitOnce, UrlReader } from "../url-parts.ts";

const PREFIX = /^jdbc:oracle:thin:/;
const DEFAULT_PORT = 1521;

/** Where a connection goes and what its properties say. */
export interface Target {
  /** As the driver takes it: `host:port/service`, or a descriptor. */
  readonly connectString: string;
  readonly user: string;
  readonly password: (() => string) | null;
  readonly connectTimeoutS: number;
  readonly applicationName: string;
  readonly properties: ReadonlyMap<string, string>;
}

const USED: ReadonlySet<string> = new Set([
  "user",
  "password",
  "oracle.net.CONNECT_TIMEOUT",
  "oracle.net.OUTBOUND_CONNECT_TIMEOUT",
  "v$session.program",
]);

const IDLE: ReadonlySet<string> = new Set([
  "defaultRowPrefetch",
  "includeSynonyms",
  "oracle.jdbc.defaultNChar",
  "oracle.jdbc.fetchSize",
  "oracle.jdbc.implicitStatementCacheSize",
  "oracle.jdbc.J2EE13Compliant",
  "oracle.jdbc.ReadTimeout",
  "oracle.net.keepAlive",
  "remarksReporting",
  "useFetchSizeWithLongColumn",
]);

const WALLET =
  "Wallets and Java key stores can't be read; use a user with a password, and tcps:// in the URL for TLS";

const REFUSED: Readonly<Record<string, string>> = {
  "javax.net.ssl.keyStore": WALLET,
  "javax.net.ssl.trustStore": WALLET,
  "oracle.net.authentication_services":
    "Kerberos, RADIUS and operating system logins are not supported; use a user with a password",
  "oracle.net.encryption_client":
    "Native encryption can't be demanded; use tcps:// in the URL for TLS",
  "oracle.net.tns_admin": "tnsnames.ora is not read; write the descriptor into the URL",
  "oracle.net.wallet_location": WALLET,
  socketFactory: SOCKET_FACTORY,
};

/**
 * Reads `jdbc:oracle:thin:@//host:port/service`, `@host:port:sid`, `@tcps://…` and
 * `@(DESCRIPTION=…)`.
 * @throws {ConfigError} when the URL cannot be read; what may be a password is not shown (I5)
 */
export function parseTarget(settings: ConnectionSettings): Target {
  const reader = new UrlReader(withoutSecrets(settings.url));
  const [login, place] = splitOnce(settings.url.replace(PREFIX, ""), "@");
  if (!PREFIX.test(settings.url) || place === undefined) {
    throw reader.invalid(
      "Write it as jdbc:oracle:thin:@//host:port/service; only the thin driver is there",
    );
  }
  if (login !== "") {
    throw reader.invalid("Give user and password as connection.user and connection.password");
  }
  const [location, query = ""] = place.startsWith("(") ? [place] : splitOnce(place, "?");
  const properties = new Map([...settings.properties, ...reader.pairs(query, "&")]);
  const inUrl = properties.get("password");
  const timeoutMs = wholeProperty(properties, "oracle.net.CONNECT_TIMEOUT", 30_000, "milliseconds");
  return {
    connectString: connectString(location, reader),
    user: properties.get("user") ?? settings.user ?? "",
    password: inUrl === undefined ? settings.password : () => inUrl,
    connectTimeoutS: Math.ceil(timeoutMs / 1000),
    applicationName: properties.get("v$session.program") ?? settings.applicationName,
    properties,
  };
}

function connectString(location: string, reader: UrlReader): string {
  if (location.startsWith("(")) return location;
  const [, scheme = "", rest = ""] = /^(?:(tcps?):)?(?:\/\/)?(.*)$/.exec(location) ?? [];
  const [address, service] = splitOnce(rest, "/");
  const withSid = /^(\[[^\]]+\]|[^:]+):(\d+):([^:/]+)$/.exec(address);
  if (withSid !== null) {
    const [, host, port, sid] = withSid;
    return `(DESCRIPTION=(ADDRESS=(PROTOCOL=${scheme || "tcp"})(HOST=${host})(PORT=${port}))(CONNECT_DATA=(SID=${sid})))`;
  }
  if (service === undefined || service === "") {
    throw reader.invalid(
      "Name a service, as host:port/service; an alias of tnsnames.ora is not looked up",
    );
  }
  const hosts = reader
    .hosts(address, DEFAULT_PORT)
    .map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  return `${scheme === "tcps" ? "tcps://" : ""}${hosts.join(",")}/${service}`;
}

/** @throws {ConfigError} for a property that is not supported and must not be ignored */
export function checkProperties({ properties }: Target): string[] {
  return sortProperties("Oracle", properties, { used: USED, idle: IDLE, refused: REFUSED });
}

/** The URL without what may be a password: its query, and what stands before an @. */
export function withoutSecrets(url: string): string {
  const [location, query] = splitOnce(url, "?");
  return location.replace(/thin:[^@]+@/, "thin:…@") + (query === undefined ? "" : "?…");
}
