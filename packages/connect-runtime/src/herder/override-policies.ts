import {
  type ClientConfigRequest,
  type ConfigValue,
  type ConnectorClientConfigOverridePolicy,
  type Props,
} from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { inJavaOrder } from "./java-order.ts";

/** What the policies that come with the worker allow (KIP-458). */
const ALLOWED: Readonly<Record<string, (key: string) => boolean>> = {
  All: () => true,
  None: () => false,
  Principal: (key) => ["sasl.jaas.config", "sasl.mechanism", "security.protocol"].includes(key),
};

const JAVA_CLASS =
  /^org\.apache\.kafka\.connect\.connector\.policy\.(\w+?)ConnectorClientConfigOverridePolicy$/;

/** Decides on the client settings that a connector overrides. */
export type OverridePolicy = Pick<ConnectorClientConfigOverridePolicy, "validate">;

/**
 * The policy that the worker's `connector.client.config.override.policy` names: one of
 * its own, or a plugin.
 * @throws {ConnectError} when there is none of that name
 */
export async function overridePolicy(
  workerProps: Props,
  registry: PluginRegistry,
): Promise<OverridePolicy> {
  const name = workerProps["connector.client.config.override.policy"]?.trim() ?? "All";
  const builtIn = JAVA_CLASS.exec(name)?.[1] ?? name;
  const allowed = Object.hasOwn(ALLOWED, builtIn) ? ALLOWED[builtIn] : undefined;
  if (allowed !== undefined) return { validate: (request) => decide(builtIn, allowed, request) };
  const Policy = await loadPlugin(registry.find("client_config_override_policy", name));
  const policy = new Policy();
  policy.configure(workerProps);
  return policy;
}

function decide(
  policy: string,
  allowed: (key: string) => boolean,
  { clientProps }: ClientConfigRequest,
): ConfigValue[] {
  return inJavaOrder(Object.keys(clientProps)).map((name) => ({
    name,
    value: clientProps[name],
    recommendedValues: [],
    errors: allowed(name)
      ? []
      : [
          `The '${policy}' policy does not allow '${name}' to be overridden in the connector configuration.`,
        ],
    visible: true,
  }));
}
