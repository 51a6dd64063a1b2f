import type { Config, ConfigInfo } from "../client/answers.ts";
import type { ConnectClient } from "../client/connect-client.ts";
import { RefusedError } from "../client/errors.ts";
import { SecretKeys } from "../files/secrets.ts";

/**
 * Asks the worker which keys of a configuration hold secrets. Where it cannot tell, as of a
 * class that it does not have, their names decide.
 */
export async function secretKeysOf(client: ConnectClient, config: Config): Promise<SecretKeys> {
  const plugin = config["connector.class"];
  if (!plugin) return new SecretKeys();
  try {
    const definitions = await client.pluginConfig(plugin);
    const value = { name: "", errors: [] };
    return new SecretKeys(definitions.map((definition): ConfigInfo => ({ definition, value })));
  } catch (error) {
    if (error instanceof RefusedError) return new SecretKeys();
    throw error;
  }
}
