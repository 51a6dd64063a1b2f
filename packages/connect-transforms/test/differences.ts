import type { GoldenCase, GoldenError, GoldenResult } from "./golden-recording.ts";

/**
 * Why this package differs from a recording on purpose; undefined where it must not.
 * @param result what Java did with one of the inputs; undefined for the configuration
 */
export function difference(
  { type, config, configure }: GoldenCase,
  input?: string,
  result?: GoldenResult,
): string | undefined {
  const name = type.replace(/^.*\./, "").replace(/\$.*/, "");
  if (result !== undefined && messageOf(result).startsWith("Cannot invoke ")) {
    return "where Java runs into a null, the error says what is missing";
  }
  switch (name) {
    case "InsertField":
      if (messageOf(configure).includes("InsertField$InsertionSpec@")) {
        return "Java prints the address of an object; here it is the name of the field";
      }
      break;
    case "ReplaceField":
      if (messageOf(result) === "nope is not a valid field name") {
        return "Java looks for a field that is to be renamed though there is none, if another has its new name";
      }
      break;
    case "HoistField":
    case "HeaderFrom":
      if (input === "missing-required") {
        return "a struct without its required fields is refused by the converter, not before";
      }
      break;
    case "TimestampRouter":
      if (MALFORMED_PATTERNS.has(config["timestamp.format"] ?? "")) {
        return "a malformed pattern is refused with the configuration; in Java it fails every record";
      }
      break;
    case "ValueToKey":
      if (config["field.syntax.version"] === "V2" && /[.`]/.test(config["fields"] ?? "")) {
        return "Kafka Connect 4.3.1 reads no paths here (4.4 does)";
      }
      break;
    case "RegexRouter":
      if (MALFORMED_REPLACEMENTS.has(config["replacement"] ?? "")) {
        return "a malformed replacement is refused with the configuration; in Java it fails every record";
      }
      break;
    case "TimestampConverter":
      if (["i64", "big"].includes(config["field"] ?? "") && input?.endsWith("types")) {
        return "JavaScript's dates end in the year 275760";
      }
      break;
    case "ExtractNewRecordState":
      return debeziumDifference(config, configure);
    case "EventRouter":
      return outboxDifference(config, input);
    case "MaskField":
    case "Cast":
      return floatDifference(config, input);
    default:
  }
  return undefined;
}

function debeziumDifference(
  config: GoldenCase["config"],
  configure?: GoldenError,
): string | undefined {
  if (configure !== undefined) {
    return "Debezium does not say what is wrong with the configuration, or not of which key";
  }
  switch (config["add.fields"]) {
    case "nope.x":
      return "a struct that there is not fails deletions too";
    case "source":
      return "a whole struct can be added, where Debezium fails";
    default:
      return undefined;
  }
}

function outboxDifference(config: GoldenCase["config"], input?: string): string | undefined {
  const placement = config["table.fields.additional.placement"] ?? "";
  if (placement === "bad" || placement === "a:bogus") {
    return "a list is printed as one, and a place that there is not is refused with the configuration";
  }
  return input === "upper" && placement.includes("envelope")
    ? "the schema's name has the kind of this event, not that of the first one"
    : undefined;
}

function floatDifference(config: GoldenCase["config"], input?: string): string | undefined {
  const settings = JSON.stringify(config);
  if (!settings.includes("float32") && !settings.includes("f32")) return undefined;
  if (input === "whole-ts" || input === "types" || input === "whole-date") {
    return "Java before 19 prints some floats with more digits than they need";
  }
  return ["schemaless-long", "schemaless-types", "whole-nan"].includes(input ?? "")
    ? "a float without schema is a double here: JavaScript's numbers have no width"
    : undefined;
}

function messageOf(result: GoldenResult | GoldenError | undefined): string {
  return (result !== undefined && "message" in result && result.message) || "";
}

const MALFORMED_PATTERNS: ReadonlySet<string> = new Set([
  "Q",
  "bb",
  "yyyy'unclosed",
  "XXXX",
  "n",
  "e",
]);
const MALFORMED_REPLACEMENTS: ReadonlySet<string> = new Set([
  "$2",
  "${x}",
  "x$",
  "a\\",
  "${1}",
  "${n",
  "$x",
]);
