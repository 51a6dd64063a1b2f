import type { Props } from "@millrace/connect-api";
import { OWN_CONNECTOR_CONFIG } from "../config/connector-config.ts";
import type { RawProps } from "../config/raw-props.ts";
import type { Secrets } from "../config/secrets.ts";
import { hiddenError } from "../errors/hidden-error.ts";
import type { ConfigVariables } from "../plugins/config-variables.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { BadRequestError } from "./bad-request.ts";
import type { ConfigInfo, ConfigInfos, ValueInfo } from "./config-infos.ts";
import { validateConnector } from "./validate.ts";

/** What the main thread reads, which asks no provider. */
const READ_RAW = [
  "connector.class",
  "connector.plugin.version",
  "offsets.storage.topic",
  ...Object.keys(OWN_CONNECTOR_CONFIG),
];

/**
 * Validates a connector configuration as it was submitted. Its variables are resolved only
 * to be checked: the answer shows the text of a variable, never what it stands for (I5).
 * @param secrets those of the worker; gets those of the configuration
 * @throws {BadRequestError} for a variable in a key that cannot have one
 * @throws what a config provider throws
 */
export async function validateSubmitted(
  submitted: RawProps,
  registry: PluginRegistry,
  workerProps: Props,
  variables: ConfigVariables,
  secrets: Secrets,
): Promise<ConfigInfos> {
  const raw = withoutProviders(submitted);
  try {
    const { configs, values, keys } = await variables.resolve(raw);
    secrets.add(values);
    const refused = READ_RAW.find((key) => keys.has(key));
    if (refused !== undefined) {
      throw new BadRequestError(
        `Configuration ${refused} cannot hold a variable of a config provider (${raw[refused]}): write its value out`,
      );
    }
    const infos = await validateConnector(configs[0]!, registry, workerProps);
    return shown(infos, raw, keys, secrets);
  } catch (error) {
    throw hiddenError(error, secrets);
  }
}

/** A connector brings no providers of its own: they would run with the worker's rights. */
export function withoutProviders<P extends RawProps>(props: P): P {
  return Object.fromEntries(
    Object.entries(props).filter(
      ([key]) => key !== "config.providers" && !key.startsWith("config.providers."),
    ),
  ) as P;
}

function shown(
  infos: ConfigInfos,
  raw: RawProps,
  resolved: ReadonlySet<string>,
  secrets: Secrets,
): ConfigInfos {
  const configs = infos.configs.map(({ definition, value }): ConfigInfo => {
    const shownValue = resolved.has(value.name)
      ? placeholder(value, raw[value.name]!)
      : withoutSecrets(value, raw, secrets);
    return { definition, value: shownValue };
  });
  const count = configs.reduce((sum, { value }) => sum + value.errors.length, 0);
  return { ...infos, configs, error_count: count };
}

/** Even why a value is wrong could tell what it is. */
function placeholder(value: ValueInfo, text: string): ValueInfo {
  return {
    ...value,
    // A password may stand beside the variable.
    value: value.value === "[hidden]" ? value.value : text,
    recommended_values: [],
    errors:
      value.errors.length === 0
        ? []
        : [
            `Invalid value for configuration '${value.name}': the value resolved from the config provider reference failed validation`,
          ],
  };
}

/** Connectors may speak of one key's value at another. What a client has sent as it is stays so. */
function withoutSecrets(value: ValueInfo, raw: RawProps, secrets: Secrets): ValueInfo {
  const submitted = Object.hasOwn(raw, value.name) && raw[value.name] === value.value;
  return {
    ...value,
    value: submitted ? value.value : secrets.hideIn(value.value),
    recommended_values: secrets.hideIn(value.recommended_values),
    errors: secrets.hideIn(value.errors),
  };
}
