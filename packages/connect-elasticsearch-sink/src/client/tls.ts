import { TlsError, tlsOptions, type TlsSettings } from "@millrace/java-tls";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/problems.ts";
import { parseNodes } from "./nodes.ts";

const PREFIX = "elastic.https.";

/**
 * The elastic.https.* keys for connections to https nodes (Java:
 * `ConfigCallbackHandler.sslContext`); without elastic.security.protocol=SSL they don't count.
 * @throws {TlsError} that names the key and the remedy
 */
export function tlsSettings(config: Config): TlsSettings {
  if (config["elastic.security.protocol"] !== "ssl") return {};
  return tlsOptions({
    name: (setting) => PREFIX + setting,
    given: (setting) => {
      const value = config[`${PREFIX}${setting}`];
      return typeof value === "string" ? value : value?.value();
    },
    list: (setting) => config[`${PREFIX}${setting}`],
  });
}

export function tlsProblems(config: Config): ConfigProblem[] {
  if (config["elastic.security.protocol"] !== "ssl") return [];
  const { nodes } = parseNodes(config["connection.url"]);
  if (nodes.some(({ protocol }) => protocol !== "https:")) {
    const keys = ["elastic.security.protocol", "connection.url"];
    const message =
      "elastic.security.protocol=SSL needs https addresses in connection.url: others are spoken to in the clear.";
    return [{ keys, message }];
  }
  try {
    tlsSettings(config);
    return [];
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return [{ keys: [error.setting], message: error.message }];
  }
}
