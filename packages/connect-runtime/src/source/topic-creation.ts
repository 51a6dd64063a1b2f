import {
  compileJavaRegex,
  type ConfigKey,
  ConnectError,
  parseKey,
  type Props,
} from "@millrace/connect-api";
import type { NewTopic } from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";

const PREFIX = "topic.creation.";
const DEFAULT = "default";

const REGEXES: ConfigKey = {
  type: "LIST",
  default: [],
  importance: "LOW",
  doc: "Regular expressions that match whole names of topics.",
  check: regexProblem,
};
const COUNT: ConfigKey = {
  type: "INT",
  importance: "LOW",
  doc: "At least 1, or -1 for the brokers' default.",
  check: (value) =>
    value === -1 || Number(value) > 0
      ? undefined
      : "Value must be at least 1, or -1 to use the broker's default",
};

type Settings = Required<Omit<NewTopic, "name">>;

interface Group {
  readonly matches: (topic: string) => boolean;
  readonly settings: Settings;
}

/**
 * Which topics a source may create, and how (KIP-158; Java: `TopicCreation`): of the groups
 * that `topic.creation.groups` names the first that a topic belongs to, else the default.
 */
export class TopicCreation {
  readonly #groups: readonly Group[];

  private constructor(groups: readonly Group[]) {
    this.#groups = groups;
  }

  /**
   * @returns undefined where the connector says nothing of creating topics, or the worker
   * lets none be created: the broker may do it then
   * @throws {ConfigError} naming the key that is missing or wrong
   */
  static of(connectorProps: Props, workerProps: Props): TopicCreation | undefined {
    const given = withoutPrefix(connectorProps, PREFIX);
    if (Object.keys(given).length === 0) return undefined;
    if (/^\s*false\s*$/i.test(workerProps["topic.creation.enable"] ?? "")) return undefined;
    const fallback = settingsOf(DEFAULT, given, undefined);
    const names = (given["groups"] ?? "").split(",").map((name) => name.trim());
    const groups = names
      .filter((name) => name !== "" && name !== DEFAULT)
      .map((name) => ({
        matches: membershipOf(name, given),
        settings: settingsOf(name, given, fallback),
      }));
    return new TopicCreation([...groups, { matches: () => true, settings: fallback }]);
  }

  newTopic(name: string): NewTopic {
    return { name, ...this.#groups.find((group) => group.matches(name))!.settings };
  }
}

function membershipOf(group: string, given: Props): Group["matches"] {
  const [included, excluded] = ["include", "exclude"].map((what) => {
    const key = `${group}.${what}`;
    const regexes = parseKey(PREFIX + key, REGEXES, given[key]) as string[];
    return regexes.map(compileJavaRegex);
  });
  return (topic) =>
    included!.some((regex) => regex.test(topic)) && !excluded!.some((regex) => regex.test(topic));
}

/** @param fallback what counts where the group itself does not say; undefined: it must */
function settingsOf(group: string, given: Props, fallback: Settings | undefined): Settings {
  const count = (what: string, otherwise: number | undefined) => {
    const key = `${group}.${what}`;
    if (given[key] === undefined && otherwise !== undefined) return otherwise;
    return parseKey(PREFIX + key, COUNT, given[key]) as number;
  };
  const {
    include: _include,
    exclude: _exclude,
    partitions: _partitions,
    "replication.factor": _replicationFactor,
    ...configs
  } = withoutPrefix(given, `${group}.`);
  return {
    replicationFactor: count("replication.factor", fallback?.replicationFactor),
    partitions: count("partitions", fallback?.partitions),
    configs,
  };
}

function regexProblem(value: unknown): string | undefined {
  try {
    for (const regex of value as string[]) compileJavaRegex(regex);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return `Syntax error(s) in regular expression(s): ${error.message}`;
  }
}
