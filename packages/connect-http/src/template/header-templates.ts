import { DataError } from "@millrace/connect-api";
import { Template } from "./template.ts";

/** RFC 9110 §5.6.2: token. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;
/** RFC 9110 §5.5, without the characters beyond ASCII that servers read in different ways. */
const VALUE = /^[\t\x20-\x7e]*$/;
/** What the connector says itself, or what belongs to the connection. */
const RESERVED = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Whose values nobody has to hide. */
const PUBLIC = new Set([
  "accept",
  "accept-language",
  "content-language",
  "content-type",
  "user-agent",
]);

/** Headers whose values may have references to data in them. */
export class HeaderTemplates {
  readonly #headers: readonly (readonly [name: string, value: Template])[];

  private constructor(headers: readonly (readonly [string, Template])[]) {
    this.#headers = headers;
  }

  /**
   * @param texts `name:value` each, cut at the first colon
   * @returns the templates, or what is wrong with one of the texts, its value left out (I5)
   */
  static parse(texts: readonly string[]): HeaderTemplates | string {
    const headers: [string, Template][] = [];
    for (const text of texts) {
      const colon = text.indexOf(":");
      const name = text.slice(0, Math.max(colon, 0)).trim();
      if (!NAME.test(name)) return "each header must be name:value";
      if (RESERVED.has(name.toLowerCase())) return `the header ${name} is not for you to set`;
      if (headers.some(([other]) => other.toLowerCase() === name.toLowerCase())) {
        return `the header ${name} is there twice`;
      }
      const value = Template.parse(text.slice(colon + 1).trim());
      if (typeof value === "string") return `the header ${name}: ${value}`;
      if (!VALUE.test(value.render(() => ""))) {
        return `the header ${name} has characters that are not allowed`;
      }
      headers.push([name, value]);
    }
    return new HeaderTemplates(headers);
  }

  get isStatic(): boolean {
    return this.#headers.every(([, value]) => value.isStatic);
  }

  get references(): readonly string[] {
    return this.#headers.flatMap(([, { references }]) => references);
  }

  /** True when there is a header of that name, however it is written. */
  has(name: string): boolean {
    return this.#headers.some(([other]) => other.toLowerCase() === name.toLowerCase());
  }

  /** Values that are the same for all records and may be credentials. */
  get secretValues(): readonly string[] {
    return this.#headers
      .filter(([name, { isStatic }]) => isStatic && !PUBLIC.has(name.toLowerCase()))
      .map(([, { text }]) => text);
  }

  /**
   * The headers for one record.
   * @throws {DataError} when a value has line ends or other characters in it that a header
   *   cannot have: they could begin another header, or another request
   */
  render(value: (reference: string) => string): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [name, template] of this.#headers) {
      headers[name] = template.render((reference) => {
        const raw = value(reference);
        if (VALUE.test(raw)) return raw;
        throw new DataError(
          `\${${reference}} has characters that are not allowed in the header ${name}`,
        );
      });
    }
    return headers;
  }
}
