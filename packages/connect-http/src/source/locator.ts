import { isFloat64 } from "@millrace/connect-api";
import { compile, JSONPointer, type JSONPathQuery, type JSONValue } from "json-p3";

/** Not part of any document. */
const MISSING: JSONValue = [];

/** Finds values in JSON: by a JSONPath (RFC 9535), which begins with `$`, or a JSON Pointer (RFC 6901). */
export class Locator {
  readonly text: string;
  readonly #path: JSONPathQuery | undefined;
  readonly #pointer: JSONPointer | undefined;

  private constructor(text: string, path?: JSONPathQuery, pointer?: JSONPointer) {
    this.text = text;
    this.#path = path;
    this.#pointer = pointer;
  }

  /** @returns the locator, or what is wrong with the text */
  static parse(text: string): Locator | string {
    try {
      if (text.startsWith("$")) return new Locator(text, compile(text));
      // castorm's connectors write the whole answer as "/", too.
      const pointer = text === "/" ? "" : text;
      return new Locator(text, undefined, new JSONPointer(pointer));
    } catch (error) {
      return `it is neither a JSONPath nor a JSON Pointer: ${(error as Error).message}`;
    }
  }

  /** The first value there; undefined when there is none. */
  one(document: unknown): unknown {
    if (this.#path !== undefined) return this.#path.query(document as JSONValue).values()[0];
    const found: unknown = this.#pointer?.resolve(document as JSONValue, MISSING);
    return found === MISSING ? undefined : found;
  }

  /**
   * The items of a list: what the path finds, or where it leads to one place, the elements
   * of the array there; a single value is a list of one.
   * @returns undefined where that one place is not there
   */
  list(document: unknown): readonly unknown[] | undefined {
    if (this.#path !== undefined && !this.#path.singularQuery()) {
      return this.#path.query(document as JSONValue).values();
    }
    const found = this.one(document);
    if (found === undefined) return undefined;
    return Array.isArray(found) ? found : [found];
  }
}

/** A value as text, as it stands in JSON; undefined for what is no text, number or boolean. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return String(value);
  }
  return isFloat64(value) ? String(value.value) : undefined;
}
