import type { Props } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { CONNECTOR_KINDS, type PluginRegistry } from "../plugins/registry.ts";
import { BadRequestError, connectorClassOf } from "./bad-request.ts";
import type { ConfigInfos } from "./config-infos.ts";
import type { ConnectorDefinition } from "./managed-connector.ts";

/**
 * A connector configuration that has been validated.
 * @throws {BadRequestError} listing what is wrong
 */
export async function validConnector(
  config: RawProps,
  registry: PluginRegistry,
  validate: (config: RawProps) => Promise<ConfigInfos>,
): Promise<ConnectorDefinition> {
  const className = connectorClassOf(config);
  refuseErrors(await validate(config));
  // A configuration without errors holds no nulls.
  const valid = config as Props;
  const { kind, version } = registry.find(
    CONNECTOR_KINDS,
    className,
    valid["connector.plugin.version"],
  );
  return { config: valid, type: kind, version };
}

/** A configuration with some of its keys changed; null takes a key away (KIP-477). */
export function patched(config: Props, patch: RawProps): Props {
  const result = new Map<string, string>(Object.entries(config));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

function refuseErrors({ error_count: count, configs }: ConfigInfos): void {
  if (count === 0) return;
  const errors = configs.flatMap(({ value }) => value.errors);
  throw new BadRequestError(
    [
      `Connector configuration is invalid and contains the following ${count} error(s):`,
      ...errors,
      "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    ].join("\n"),
  );
}
