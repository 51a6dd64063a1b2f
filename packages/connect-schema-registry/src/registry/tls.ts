import { ConfigError, type Password } from "@millrace/connect-api";
import { TlsError, type TlsSettings, tlsOptions as optionsOf } from "@millrace/java-tls";
import type { RegistryConfig } from "./config.ts";

const PREFIX = "schema.registry.";

/** Inline certificates and keys are PEM, whatever a type says. */
const INLINE: Readonly<Record<string, keyof RegistryConfig>> = {
  "ssl.truststore.type": "schema.registry.ssl.truststore.certificates",
  "ssl.keystore.type": "schema.registry.ssl.keystore.key",
};

/** What connections to https nodes need. @throws {ConfigError} for a store that cannot be read */
export function tlsOptions(config: RegistryConfig): TlsSettings {
  try {
    return optionsOf({
      name: (setting) => PREFIX + setting,
      given: (setting) => {
        const inline = INLINE[setting];
        if (inline !== undefined && config[inline] !== null) return "PEM";
        return textOf(config[`${PREFIX}${setting}`]);
      },
      list: () => undefined,
    });
  } catch (error) {
    if (error instanceof TlsError) throw new ConfigError(error.message);
    throw error;
  }
}

function textOf(value: string | Password | null): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return value;
  // In a properties file line ends are often written as \n.
  return value.value().replaceAll("\\n", "\n");
}
