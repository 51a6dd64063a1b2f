import type { Props } from "@millrace/connect-api";
import type { ConfigProblem } from "./problems.ts";

/**
 * Keys of Confluent's Elasticsearch sink that this one has not, each with the value that
 * changes nothing. Any other value would write other documents, or to another place, or
 * less securely than the operator asked for: it is refused by name (I6).
 */
const REFUSED: Readonly<Record<string, string>> = {
  "external.version.header": "",
  "proxy.host": "",
  "proxy.username": "",
  "proxy.password": "",
  "elastic.security.protocol": "plaintext",
  "kerberos.user.principal": "",
  "kerberos.keytab.path": "",
};
const TLS_PREFIX = "elastic.https.";
const TLS_REMEDY =
  "give https addresses in connection.url, and the authority to trust in the environment variable NODE_EXTRA_CA_CERTS";

/** Keys that Confluent's sink itself ignores, or that matter only beside a refused one. */
const IGNORED: ReadonlySet<string> = new Set([
  "type.name",
  "auto.create.indices.at.start",
  "topic.index.map",
  "proxy.port",
]);

/** Problems for keys that are set but not supported. */
export function refusedKeys(props: Props): ConfigProblem[] {
  return Object.entries(props).flatMap(([key, value]) => {
    const tls = key.startsWith(TLS_PREFIX);
    const harmless = tls ? undefined : REFUSED[key];
    if (!tls && (harmless === undefined || value.trim().toLowerCase() === harmless)) return [];
    const remedy =
      tls || key === "elastic.security.protocol" ? `remove it, ${TLS_REMEDY}` : "remove it";
    return [{ keys: [key], message: `${key} is not supported by this connector: ${remedy}.` }];
  });
}

/** Keys that are set and have no effect, to be warned about. */
export function ignoredKeys(props: Props): string[] {
  return Object.keys(props).filter((key) => IGNORED.has(key));
}
