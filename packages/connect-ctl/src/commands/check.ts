import type { Config, Validation } from "../client/answers.ts";
import type { ConnectClient } from "../client/connect-client.ts";
import { RefusedError } from "../client/errors.ts";
import { SecretKeys } from "../files/secrets.ts";

/** What a worker thinks of a configuration. */
export interface Checked {
  /** Why it would refuse it. */
  readonly errors: readonly string[];
  /** Keys that nothing defines: ignored, or spelt wrongly. */
  readonly unknown: readonly string[];
  readonly secrets: SecretKeys;
}

/** Has a worker validate a configuration, which changes nothing. */
export async function check(client: ConnectClient, config: Config): Promise<Checked> {
  const plugin = config["connector.class"];
  if (!plugin) {
    const errors = [`connector.class: it is missing`];
    return { errors, unknown: [], secrets: new SecretKeys() };
  }
  let validation: Validation;
  try {
    validation = await client.validate(plugin, config);
  } catch (error) {
    // A class that the worker does not have, a config provider that fails.
    if (!(error instanceof RefusedError) || error.isRebalance || isDenied(error)) throw error;
    return { errors: [error.message], unknown: [], secrets: new SecretKeys() };
  }
  const { configs } = validation;
  const defined = new Set(
    configs.flatMap(({ definition, value }) => (definition === null ? [] : [value.name])),
  );
  return {
    errors: configs.flatMap(({ value }) => value.errors.map((error) => `${value.name}: ${error}`)),
    unknown: Object.keys(config).filter((key) => !defined.has(key)),
    secrets: new SecretKeys(configs),
  };
}

function isDenied({ status }: RefusedError): boolean {
  return status === 401 || status === 403;
}
