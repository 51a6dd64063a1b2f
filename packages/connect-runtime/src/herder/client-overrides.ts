import { type ConfigValue, parseType, Password, type Props } from "@millrace/connect-api";
import { CLIENT_TABLES, type ClientKey } from "../config/client-tables.ts";
import { withoutPrefix } from "../config/properties.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import type { ConfigInfo, Definition } from "./config-infos.ts";
import { valueInfoOf } from "./definitions.ts";
import { overridePolicy } from "./override-policies.ts";

type ClientType = keyof typeof CLIENT_TABLES;

/**
 * Checks what a connector overrides of its Kafka clients' settings, for those clients that
 * it will have.
 * @throws {ConfigError} for a value that is not of its setting's type: Java fails the
 *   whole validation then
 */
export async function validateOverrides(
  connector: PluginLocation,
  props: Props,
  workerProps: Props,
  registry: PluginRegistry,
): Promise<ConfigInfo[]> {
  const policy = await overridePolicy(workerProps, registry);
  return clientsOf(connector, props).flatMap((clientType) => {
    const prefix = `${clientType.toLowerCase()}.override.`;
    const clientProps = withoutPrefix(props, prefix);
    if (Object.keys(clientProps).length === 0) return [];
    const table = CLIENT_TABLES[clientType];
    for (const [key, text] of Object.entries(clientProps)) {
      const known = ownKey(table, key);
      if (known !== undefined) parseType(key, known[0], text);
    }
    const values = policy.validate({
      connectorName: props["name"] ?? "",
      connectorType: connector.kind === "source" ? "source" : "sink",
      connectorClass: connector.class,
      clientType,
      clientProps,
    });
    return values.map((value) => infoOf(value, ownKey(table, value.name), prefix));
  });
}

function clientsOf(connector: PluginLocation, props: Props): ClientType[] {
  if (connector.kind === "source") {
    const createsTopics = Object.keys(props).some((key) => key.startsWith("topic.creation."));
    const deadLetters = (props["errors.deadletterqueue.source.topic.name"] ?? "").trim() !== "";
    return createsTopics || deadLetters ? ["PRODUCER", "ADMIN"] : ["PRODUCER"];
  }
  const deadLetters = (props["errors.deadletterqueue.topic.name"] ?? "").trim() !== "";
  return deadLetters ? ["PRODUCER", "ADMIN", "CONSUMER"] : ["CONSUMER"];
}

function ownKey(table: Readonly<Record<string, ClientKey>>, key: string): ClientKey | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function infoOf(value: ConfigValue, key: ClientKey | undefined, prefix: string): ConfigInfo {
  const shown = key?.[0] === "PASSWORD" ? { ...value, value: new Password("") } : value;
  return {
    definition: key === undefined ? null : definitionOf(value.name, key, prefix),
    value: valueInfoOf(shown, key?.[0], prefix),
  };
}

function definitionOf(
  name: string,
  [type, importance, text]: ClientKey,
  prefix: string,
): Definition {
  return {
    name: prefix + name,
    type,
    required: text === undefined,
    default_value: text ?? null,
    importance,
    documentation: "",
    group: null,
    order_in_group: -1,
    width: "NONE",
    display_name: name,
    dependents: [],
  };
}
