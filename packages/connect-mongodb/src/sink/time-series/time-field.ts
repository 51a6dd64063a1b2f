import type { Logger } from "@millrace/connect-api";
import type { Double, Int32, Long } from "mongodb";
import { bsonType } from "../../bson/document.ts";
import type { TopicConfig } from "../config.ts";
import type { PostProcessor } from "../post-processor.ts";
import { compileDatePattern } from "./date-pattern.ts";

const PATTERN_KEY = "timeseries.timefield.auto.convert.date.format";

/** Makes dates of numbers and texts in the field of the time; what is none stays, for the server to refuse. */
export function timeFieldConversion(
  config: TopicConfig,
  logger: Logger,
): PostProcessor | undefined {
  const name = config["timeseries.timefield"].trim();
  if (name === "" || !config["timeseries.timefield.auto.convert"]) return undefined;
  const readDate = compileDatePattern(PATTERN_KEY, config[PATTERN_KEY]);
  return ({ value: document }) => {
    if (document === undefined || !Object.hasOwn(document, name)) return;
    const value = document[name];
    const ms = typeof value === "string" ? readDate(value) : wholeNumber(value);
    if (ms !== undefined) document[name] = new Date(ms);
    else if (typeof value === "string") logger.info(`Field ${name} has a text that is no date`);
  };
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Math.trunc(value);
  switch (bsonType(value)) {
    case "Long":
      return (value as Long).toNumber();
    case "Int32":
    case "Double":
      return Math.trunc((value as Int32 | Double).value);
    default:
      return undefined;
  }
}
