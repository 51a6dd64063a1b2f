import { compileJavaRegex, isConnectError, type Props } from "@millrace/connect-api";
import { splitList } from "../patterns.ts";
import type { DebeziumKey, RuleName } from "./debezium-keys.ts";

/**
 * What is wrong with a value, in Debezium's words (`Field`'s validators, and those of
 * `PostgresConnectorConfig` and its parents).
 * @param value null: neither given nor by default
 */
export type Rule = (value: string | null, key: DebeziumKey, config: Given) => string[];

/** What a configuration has under a key, else the key's default. */
export type Given = (key: string) => string | null;

const KEY_COLUMNS = String.raw`^\s*([^:]+):([^:,]+(,[^:,]+)*)\s*$`;
const REPLICA_IDENTITY = String.raw`(?i)^\s*(?<tablepredicate>[^\s:]+):(?<replicaidentity>DEFAULT|(INDEX) (?<indexname>.\w*)|FULL|NOTHING)\s*$`;
const NAME = /^[\w.-]+$/;
const CLASS = /^(?:[\p{L}_$][\p{L}\p{Nd}_$]*\.)*[\p{L}_$][\p{L}\p{Nd}_$]*$/u;
const OPERATIONS = new Set(["c", "u", "d", "t", "r"]);

export const RULES: Readonly<Record<RuleName, Rule>> = {
  required: given((value) => value !== "", "A value is required", true),
  host: (value) => (value === null || value === "" ? [] : misnamed(value)),
  prefix: (value) => (value === null ? [] : misnamed(value)),
  integer: given((value) => isWhole(value, 31), "An integer is expected"),
  long: given((value) => isWhole(value, 63), "A long value is expected"),
  positive: given(
    (value) => isWhole(value, 31) && Number(value) > 0,
    "A positive, non-zero integer value is expected",
  ),
  nonNegative: given(
    (value) => isWhole(value, 31) && Number(value) >= 0,
    "An non-negative integer is expected",
  ),
  positiveLong: given(
    (value) => isWhole(value, 63) && Number(value) > 0,
    "A positive, non-zero long value is expected",
  ),
  nonNegativeLong: given(
    (value) => isWhole(value, 63) && Number(value) >= 0,
    "A non-negative long value is expected",
  ),
  boolean: given(
    (value) => /^(?:true|false)$/i.test(value.trim()),
    "Either 'true' or 'false' is expected",
  ),
  className: given((value) => CLASS.test(value), "A Java class name is expected"),
  choice: (value, { choices = [] }) =>
    value === null || choices.includes(value.trim().toLowerCase())
      ? []
      : [`Value must be one of ${choices.join(", ")}`],
  patterns: (value) => {
    const wrong = splitList(value).map(patternProblem).find(Boolean);
    return wrong === undefined
      ? []
      : [`A comma-separated list of valid regular expressions is expected, but ${wrong}`];
  },
  notBoth: (value, { name }, config) => {
    const other = name.replace(".exclude.", ".include.");
    return value === null || config(other) === null ? [] : [`"${other}" is already specified`];
  },
  operations: (value) => {
    const operations = value?.split(",").map((operation) => operation.trim()) ?? [];
    if (operations.length > 1 && operations.includes("none")) {
      return ["'none' cannot be specified with other skipped operation types"];
    }
    const isKnown = operations.every((one) => one === "none" || OPERATIONS.has(one));
    return isKnown ? [] : ["Invalid operation"];
  },
  oneCollection: (value) =>
    splitList(value).length > 1
      ? ["For single task connector only one signal data collection is permitted."]
      : [],
  sinkTopic: (value, _, config) =>
    value === null && splitList(config("notification.enabled.channels")).includes("sink")
      ? ["Notification topic name must be provided when kafka notification channel is enabled"]
      : [],
  keyColumns: (value) => misformed(value, ";", KEY_COLUMNS),
  replicaIdentities: (value) => misformed(value, ",", REPLICA_IDENTITY),
  customName: (value, { name }, config) => {
    const mode = name.replace(/\.custom\.name$/, "");
    const isAsked = config(mode)?.trim().toLowerCase() === "custom";
    return isAsked && (value ?? "").trim() === ""
      ? [`${name} cannot be empty when ${mode} 'custom' is defined`]
      : [];
  },
  queueSize: (value, _, config) => {
    if (value === null || !isWhole(value, 31)) return [];
    const size = Number(value);
    const batch = config("max.batch.size") ?? "";
    return [
      ...(size > 0 ? [] : ["A positive queue size is required"]),
      ...(!isWhole(batch, 31) || size > Number(batch)
        ? []
        : ["Must be larger than the maximum batch size"]),
    ];
  },
  pairs: given(
    (value) => value === "" || value.split(",").every((pair) => /^[^=]+=[^=]+$/.test(pair)),
    "A equivalent-separated map of valid key/value pairs is expected, for example: k1=v1,k2=v2",
  ),
  slotName: given(
    (value) => /^[a-z0-9_]{1,63}$/.test(value),
    "Valid replication slot name must contain only digits, lowercase characters and underscores with length <= 63",
  ),
};

/** @param defaults of keys that are not given */
export function givenIn(props: Props, defaults: Props): Given {
  return (key) => props[key] ?? defaults[key] ?? null;
}

/** A rule about values that are there. */
function given(fits: (value: string) => boolean, problem: string, isRequired = false): Rule {
  return (value) => ((value === null ? !isRequired : fits(value)) ? [] : [problem]);
}

function misnamed(value: string): string[] {
  return NAME.test(value)
    ? []
    : [
        `${value} has invalid format (only the underscore, hyphen, dot and alphanumeric characters are allowed)`,
      ];
}

/** As Java's `Integer.valueOf` and `Long.valueOf` take it: without spaces around. */
function isWhole(value: string, bits: 31 | 63): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false;
  const number = BigInt(value.replace("+", ""));
  return BigInt.asIntN(bits + 1, number) === number;
}

function patternProblem(text: string): string | undefined {
  try {
    compileJavaRegex(text);
    return undefined;
  } catch (error) {
    if (isConnectError(error)) return error.message;
    throw error;
  }
}

/** Java leaves out empty parts at the end of what it splits, unless there is nothing else. */
function misformed(value: string | null, separator: string, format: string): string[] {
  if (value === null) return [];
  const parts = value.split(separator);
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  const pattern = compileJavaRegex(format);
  return [
    ...(value === "" ? ["Must not be empty"] : []),
    ...parts
      .filter((part) => !pattern.test(part))
      .map((part) => `${part} has an invalid format (expecting '${format}')`),
  ];
}
