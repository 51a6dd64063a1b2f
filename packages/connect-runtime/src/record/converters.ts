import {
  ConfigError,
  type Converter,
  type HeaderConverter,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginRegistry } from "../plugins/registry.ts";

const DEFAULT_HEADER_CONVERTER = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

/** The three converters of a task. */
export interface TaskConverters {
  readonly key: Converter;
  readonly value: Converter;
  readonly header: HeaderConverter;
  /** Their classes, as configurations name them: errors are told with these. */
  readonly classNames: { readonly key: string; readonly value: string; readonly header: string };
}

/**
 * Makes a task's converters: the connector's own where it names a class, else the
 * worker's. A converter's properties come from whoever named its class, as in Java.
 * @param onMade told of each when it is configured
 * @throws {ConnectError} when one cannot be loaded or refuses its configuration
 */
export async function createConverters(
  connectorProps: Props,
  workerProps: Props,
  registry: PluginRegistry,
  onMade: (converter: Converter | HeaderConverter, side: "key" | "value" | "header") => void,
): Promise<TaskConverters> {
  const make = async <K extends "converter" | "header_converter">(
    kind: K,
    side: "key" | "value" | "header",
  ) => {
    const prefix = `${side}.converter`;
    const owner = connectorProps[prefix] === undefined ? workerProps : connectorProps;
    const className = owner[prefix] ?? (side === "header" ? DEFAULT_HEADER_CONVERTER : undefined);
    if (className === undefined) {
      throw new ConfigError(
        `Missing required configuration "${prefix}": set it in the worker's properties or in the connector's configuration`,
      );
    }
    const location = registry.find(kind, className, owner[`${prefix}.plugin.version`]);
    const ConverterClass = await loadPlugin(location);
    const converter = new ConverterClass();
    const props = { ...withoutPrefix(owner, `${prefix}.`), "converter.type": side };
    parseConfig(converter.config(), props);
    converter.configure(props, side === "key");
    onMade(converter, side);
    return { converter, className: location.class };
  };
  const key = await make("converter", "key");
  const value = await make("converter", "value");
  const header = await make("header_converter", "header");
  return {
    key: key.converter,
    value: value.converter,
    header: header.converter,
    classNames: { key: key.className, value: value.className, header: header.className },
  };
}

/** The entries whose keys begin with a prefix, without it. */
export function withoutPrefix(props: Props, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(props)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
