import { settle } from "./admin-settle.ts";
import type { Outcomes } from "./admin-settle.ts";
import type { KafkaClient, Target } from "./client.ts";
import { protocolError } from "./errors.ts";
import {
  describeConfigsV2,
  describeConfigsV3,
  describeConfigsV4,
  incrementalAlterConfigsV0,
  incrementalAlterConfigsV1,
} from "./protocol.ts";

/** Whose settings: a topic by its name, a broker by its node id as text. */
export type ConfigResource = "topic" | "broker";

export interface ConfigEntry {
  /** Null where it has none, or is secret. */
  value: string | null;
  source: ConfigSource;
  readOnly: boolean;
  sensitive: boolean;
}

export type ConfigSource =
  | "unknown"
  | "topic"
  | "dynamic broker"
  | "dynamic default broker"
  | "static broker"
  | "default"
  | "other";

/** Settings to set, to give back to their defaults, and list items to add or take away. */
export interface ConfigChange {
  set?: Readonly<Record<string, string>>;
  delete?: readonly string[];
  append?: Readonly<Record<string, string>>;
  subtract?: Readonly<Record<string, string>>;
}

const RESOURCE_TYPES = { topic: 2, broker: 4 } as const;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

const SOURCES: readonly ConfigSource[] = [
  "unknown",
  "topic",
  "dynamic broker",
  "dynamic default broker",
  "static broker",
  "default",
];

/** @param keys undefined asks for all settings */
export function describeConfigs(
  client: KafkaClient,
  lane: string,
  type: ConfigResource,
  names: readonly string[],
  keys?: readonly string[],
): Promise<Outcomes<Map<string, ConfigEntry>>> {
  return settle(client, names, (pending) =>
    eachTarget(type, pending, async (target, resources) => {
      const request = resources.map((resourceName) => ({
        resourceType: RESOURCE_TYPES[type],
        resourceName,
        configurationKeys: keys === undefined ? null : [...keys],
      }));
      const { results } = await client.send(
        target,
        [describeConfigsV4.api, describeConfigsV3.api, describeConfigsV2.api],
        [request, false, false],
        { lane },
      );
      return results.map(({ resourceName, errorCode, errorMessage, configs }) => [
        resourceName,
        errorCode === 0
          ? new Map(configs.map((config) => [config.name, toEntry(config)]))
          : protocolError(errorCode, `read the settings of ${type} ${resourceName}`, {
              serverMessage: errorMessage ?? null,
            }),
      ]);
    }),
  );
}

export function incrementalAlterConfigs(
  client: KafkaClient,
  lane: string,
  type: ConfigResource,
  changes: ReadonlyMap<string, ConfigChange>,
): Promise<Outcomes<true>> {
  return settle(client, [...changes.keys()], (pending) =>
    eachTarget(type, pending, async (target, resources) => {
      const request = resources.map((resourceName) => ({
        resourceType: RESOURCE_TYPES[type],
        resourceName,
        configs: toOperations(changes.get(resourceName) ?? {}),
      }));
      const { responses } = await client.send(
        target,
        [incrementalAlterConfigsV1.api, incrementalAlterConfigsV0.api],
        [request, false],
        { lane },
      );
      return responses.map(({ resourceName, errorCode, errorMessage }) => [
        resourceName,
        errorCode === 0
          ? true
          : protocolError(errorCode, `change the settings of ${type} ${resourceName}`, {
              serverMessage: errorMessage ?? null,
            }),
      ]);
    }),
  );
}

/** A broker's settings only it can tell; a topic's anyone. */
async function eachTarget<T>(
  type: ConfigResource,
  names: readonly string[],
  ask: (target: Target, names: readonly string[]) => Promise<[string, T][]>,
): Promise<Map<string, T>> {
  if (type === "topic") return new Map(await ask("any", names));
  const answers = await Promise.all(names.map((name) => ask(Number(name), [name])));
  return new Map(answers.flat());
}

function toOperations({ set = {}, delete: remove = [], append = {}, subtract = {} }: ConfigChange) {
  const values = [
    ...Object.entries(set).map(([name, value]) => ({ name, configOperation: SET, value }) as const),
    ...Object.entries(append).map(
      ([name, value]) => ({ name, configOperation: APPEND, value }) as const,
    ),
    ...Object.entries(subtract).map(
      ([name, value]) => ({ name, configOperation: SUBTRACT, value }) as const,
    ),
  ];
  return [...values, ...remove.map((name) => ({ name, configOperation: DELETE }) as const)];
}

function toEntry(config: {
  value?: string | null | undefined;
  readOnly: boolean;
  configSource: number;
  isSensitive: boolean;
}): ConfigEntry {
  return {
    value: config.value ?? null,
    source: SOURCES[config.configSource] ?? "other",
    readOnly: config.readOnly,
    sensitive: config.isSensitive,
  };
}
