import { ConfigError, type Password } from "@millrace/connect-api";
import { ConnectionString } from "mongodb-connection-string-url";

/**
 * Says what is wrong with a connection string, in Java's words where it has no scheme. Java repeats
 * the string; ours does not, since it may be, or hold, a password (I5).
 * @throws {ConfigError}
 */
export function connectionString(value: unknown): undefined {
  const text = (value as Password).value();
  if (!/^mongodb(\+srv)?:\/\//.test(text)) {
    throw invalid(
      "The connection string is invalid. Connection strings must start with either 'mongodb://' or 'mongodb+srv://",
    );
  }
  try {
    void new ConnectionString(text);
  } catch (error) {
    throw invalid((error as Error).message.replaceAll(text, withoutSecrets(text)));
  }
  return undefined;
}

function invalid(why: string): ConfigError {
  return new ConfigError("connection.uri", "[hidden]", why);
}

/** A string for people: without user, password and options. */
export function withoutSecrets(text: string): string {
  const at = text.lastIndexOf("@");
  const host = text.slice(at + 1).replace(/\?.*/s, "");
  const scheme = /^mongodb(\+srv)?:\/\//.exec(text)?.[0] ?? "";
  return at < 0 ? text.replace(/\?.*/s, "") : scheme + host;
}

/** The part of offsets' names that says which deployment they belong to. */
export function hostsOf(text: string): string {
  const { isSRV, hosts } = new ConnectionString(text);
  return `${isSRV ? "mongodb+srv://" : "mongodb://"}${hosts.join(",")}`;
}
