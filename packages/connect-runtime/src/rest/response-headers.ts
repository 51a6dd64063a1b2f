import { ConfigError } from "@millrace/connect-api";

/** One rule of `response.http.headers.config`. */
export interface HeaderRule {
  readonly action: "set" | "add" | "setDate" | "addDate";
  readonly name: string;
  readonly value: string;
}

const KEY = "response.http.headers.config";

/**
 * Rules separated by commas; one that holds a comma stands in double quotes.
 * @throws {ConfigError} for a rule that is not `[action] name: value`
 */
export function parseHeaderRules(text: string): HeaderRule[] {
  const rules = text.match(/\s*"(?:[^"]*)"\s*|[^,]+/g) ?? [];
  return rules
    .map((rule) =>
      rule
        .trim()
        .replace(/^"(.*)"$/s, "$1")
        .trim(),
    )
    .filter((rule) => rule !== "")
    .map((rule) => {
      const match = /^(set|add|setDate|addDate)\s+([^\s:]+)\s*:\s*(.*)$/s.exec(rule);
      if (match === null) {
        throw new ConfigError(
          KEY,
          text,
          `Header rule "${rule}" is not of the form: [set|add|setDate|addDate] name: value`,
        );
      }
      const [, action, name, value] = match as unknown as [
        string,
        HeaderRule["action"],
        string,
        string,
      ];
      return { action, name, value };
    });
}

/** The value a rule gives now; dates are written as HTTP dates, so many milliseconds from now. */
export function headerValue({ action, value }: HeaderRule): string {
  return action.endsWith("Date")
    ? new Date(Date.now() + (Number(value) || 0)).toUTCString()
    : value;
}
