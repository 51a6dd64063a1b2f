import type { Props } from "@millrace/connect-api";
import { CLIENT_TABLES } from "../../config/client-tables.ts";
import { OWN_SINK_CONFIG, OWN_SOURCE_CONFIG } from "../../config/connector-config.ts";
import type { ConfigInfos } from "../config-infos.ts";
import { nearest } from "./nearest.ts";

/** A key that nobody reads, as far as can be told from the tables of all who may. */
export interface UnknownKey {
  readonly key: string;
  /** The key that may be meant. */
  readonly nearest: string | null;
  /** Why it has no effect, where more than that is known. */
  readonly note?: string;
}

const CLIENT = /^(producer|consumer|admin)\.override\.(.+)$/s;
const CONVERTER = /^((?:key|value|header)\.converter)\./;
const TOPIC_CREATION = "topic.creation.";

/**
 * The keys of a configuration that neither its connector, its converters and transformations nor
 * the framework have. A plugin may read keys that its table does not tell of: these are hints.
 */
export function unknownKeys(
  props: Props,
  { configs }: ConfigInfos,
  type: "source" | "sink",
): UnknownKey[] {
  const known = new Set([
    ...configs.map(({ value }) => value.name),
    ...Object.keys(type === "source" ? OWN_SOURCE_CONFIG : OWN_SINK_CONFIG),
  ]);
  return Object.keys(props)
    .toSorted()
    .flatMap((key) => judge(key, props, known) ?? []);
}

/** Undefined: the key is known. */
function judge(key: string, props: Props, known: ReadonlySet<string>): UnknownKey | undefined {
  const [, client, setting] = CLIENT.exec(key) ?? [];
  if (client !== undefined && setting !== undefined) return judgeClientKey(key, client, setting);
  if (known.has(key)) return undefined;
  if (key === "config.providers" || key.startsWith("config.providers.")) {
    const note = "Config providers are the worker's: a connector cannot bring its own";
    return { key, nearest: null, note };
  }
  const [, converter] = CONVERTER.exec(key) ?? [];
  if (converter !== undefined && !Object.hasOwn(props, converter)) {
    const note = `It has no effect without ${converter}: the worker's converter has the worker's settings`;
    return { key, nearest: null, note };
  }
  if (key.startsWith(TOPIC_CREATION)) return judgeTopicSetting(key, props, known);
  return { key, nearest: nearest(key, known) ?? null };
}

function judgeClientKey(key: string, client: string, setting: string): UnknownKey | undefined {
  // The pattern gives the names of the tables.
  const settings = CLIENT_TABLES[client.toUpperCase() as keyof typeof CLIENT_TABLES];
  if (Object.hasOwn(settings, setting)) return undefined;
  const meant = nearest(setting, Object.keys(settings));
  return { key, nearest: meant === undefined ? null : `${client}.override.${meant}` };
}

/** What settings a topic can have only the brokers know. */
function judgeTopicSetting(
  key: string,
  props: Props,
  known: ReadonlySet<string>,
): UnknownKey | undefined {
  const [group = "", ...setting] = key.slice(TOPIC_CREATION.length).split(".");
  const named = (props[`${TOPIC_CREATION}groups`] ?? "").split(",").map((name) => name.trim());
  const groups = ["default", ...named];
  if (groups.includes(group)) return undefined;
  const meant = nearest(group, groups);
  return {
    key,
    nearest:
      nearest(key, known) ??
      (meant === undefined ? null : [TOPIC_CREATION + meant, ...setting].join(".")),
    note: `${TOPIC_CREATION}groups has no group ${group}`,
  };
}
