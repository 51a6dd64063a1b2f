import type { Props } from "@millrace/connect-api";
import type { ConfigProblem } from "./problems.ts";
import { CONFIG } from "./table.ts";

/**
 * Keys of Confluent's Elasticsearch sink that this one has not, each with the value that
 * changes nothing. Any other value would write other documents, or to another place, or
 * less securely than the operator asked for: it is refused by name (I6).
 */
const REFUSED: Readonly<Record<string, string>> = {
  "aws.access_key_id": "",
  "aws.region": "",
  "aws.secret_access_key": "",
  "data.streams.existing.index.template.name": "",
  "kerberos.user.principal": "",
  "kerberos.keytab.path": "",
};
const TLS_PREFIX = "elastic.https.";

/** Keys that Confluent's sink itself ignores, or that matter only beside a refused one. */
const IGNORED: ReadonlySet<string> = new Set([
  "type.name",
  "auto.create.indices.at.start",
  "topic.index.map",
  // Java's own names for what Node chooses by itself.
  `${TLS_PREFIX}ssl.protocol`,
  `${TLS_PREFIX}ssl.keymanager.algorithm`,
  `${TLS_PREFIX}ssl.trustmanager.algorithm`,
]);

/** Problems for keys that are set but not supported. */
export function refusedKeys(props: Props): ConfigProblem[] {
  return Object.entries(props).flatMap(([key, value]) => {
    const harmless = REFUSED[key] ?? (isUnknownTls(key) ? "" : undefined);
    if (harmless === undefined || value.trim().toLowerCase() === harmless) return [];
    return [{ keys: [key], message: `${key} is not supported by this connector: remove it.` }];
  });
}

/** Keys that are set and have no effect, to be warned about. */
export function ignoredKeys(props: Props): string[] {
  const usesTls = props["elastic.security.protocol"]?.trim().toLowerCase() === "ssl";
  return Object.keys(props).filter(
    (key) => IGNORED.has(key) || (key.startsWith(TLS_PREFIX) && !usesTls),
  );
}

/** Such as the name of a Java class that would make connections. */
function isUnknownTls(key: string): boolean {
  return key.startsWith(TLS_PREFIX) && !Object.hasOwn(CONFIG, key) && !IGNORED.has(key);
}
