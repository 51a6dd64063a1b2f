import { isConnectError } from "@millrace/connect-api";
import { NamePatterns } from "./patterns.ts";

export function checkSlotName(value: unknown): string | undefined {
  return /^[a-z0-9_]{1,63}$/.test(String(value))
    ? undefined
    : "A slot's name has 1 to 63 lower-case letters, digits and underscores";
}

export function checkPatterns(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    void new NamePatterns(value);
    return undefined;
  } catch (error) {
    if (isConnectError(error)) return error.message;
    throw error;
  }
}
