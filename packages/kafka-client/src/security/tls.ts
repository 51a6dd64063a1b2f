import { TlsError, tlsOptions as optionsOf, type TlsSettings } from "@millrace/java-tls";

import { KafkaError } from "../errors.ts";
import type { JavaValues } from "../java-settings/values.ts";

/**
 * The ssl.* settings as node:tls options.
 * @throws KafkaError INVALID_CONFIG that names the key and the remedy, and shows no secret (I5, I6)
 */
export function tlsOptions(values: JavaValues): TlsSettings {
  try {
    return optionsOf({
      name: values.name,
      given: (setting) => values.given(setting),
      list: (setting) => values.given(setting),
    });
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw new KafkaError("INVALID_CONFIG", error.message, { cause: error.cause });
  }
}
