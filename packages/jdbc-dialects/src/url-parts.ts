import { ConfigError } from "@millrace/connect-api";

/** A server that a URL names. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Reads the parts of one URL; what may be a password in it is not shown in errors (I5). */
export class UrlReader {
  readonly #shown: string;

  /** @param shown the URL as it may be shown */
  constructor(shown: string) {
    this.#shown = shown;
  }

  /** `host:port,[::1]:port`, none for localhost. @throws {ConfigError} for what is none */
  hosts(text: string, defaultPort: number): HostPort[] {
    return (text === "" ? "localhost" : text)
      .split(",")
      .map((part) => this.#host(part, defaultPort));
  }

  /** `name=value` pairs between separators, their escapes read. */
  pairs(text: string, separator: string): [string, string][] {
    return text
      .split(separator)
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [name, value = ""] = splitOnce(pair, "=");
        return [this.decode(name), this.decode(value)];
      });
  }

  decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      throw this.invalid(
        "A % in it is not followed by two hexadecimal digits; write %25 for the sign itself",
      );
    }
  }

  invalid(why: string): ConfigError {
    return new ConfigError("connection.url", this.#shown, why);
  }

  #host(text: string, defaultPort: number): HostPort {
    if (text.includes("@")) {
      throw this.invalid("Give user and password as connection.user and connection.password");
    }
    const match = /^(\[[^\]]+\]|[^:[\]()]*)(?::(\d+))?$/.exec(text);
    const port = Number(match?.[2] ?? defaultPort);
    if (match === null || port < 1 || port > 65_535) {
      throw this.invalid(`Not a host, or host:port: ${text}`);
    }
    const host = this.decode(match[1] ?? "").replace(/^\[|\]$/g, "");
    return { host: host === "" ? "localhost" : host, port };
  }
}
