import { DataError } from "@millrace/connect-api";
import { Template } from "./template.ts";

/** `.` and `..` as a segment of a path, also as servers and URL parsers decode them. */
const DOTS = /^(?:\.|%2e){1,2}$/i;

/**
 * An http(s) address with references to data in its path and query. Whatever the data has
 * in it, it stays one segment of the path or one value of the query: it is percent-encoded,
 * and where that does not help (empty, `.`, `..`) refused. Scheme, host and port are fixed.
 */
export class UrlTemplate {
  readonly #template: Template;

  private constructor(template: Template) {
    this.#template = template;
  }

  /** @returns the template, or what is wrong with the text */
  static parse(text: string): UrlTemplate | string {
    const template = Template.parse(text);
    if (typeof template === "string") return template;
    const sample = template.render(() => "x");
    if (!URL.canParse(sample)) return "it is not a URL";
    const url = new URL(sample);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      return `its scheme is ${url.protocol} and not http: or https:`;
    }
    if (url.username !== "" || url.password !== "") {
      return "it has a user or password in it; there are keys for them, which hide them";
    }
    if (!template.isStatic && !/^https?:\/\/[^/?#]+[/?]/i.test(template.beginning)) {
      return "its host must be the same for all records: ${…} is allowed in path and query only";
    }
    if (url.hash !== "") return "it has a fragment (#…), which is not sent";
    if (pathOf(template.text).some((segment) => DOTS.test(segment))) {
      return "it has . or .. in its path";
    }
    return new UrlTemplate(template);
  }

  get isStatic(): boolean {
    return this.#template.isStatic;
  }

  get references(): readonly string[] {
    return this.#template.references;
  }

  /** Scheme, host and port. */
  get origin(): string {
    return new URL(this.#template.render(() => "x")).origin;
  }

  /**
   * The address for one record.
   * @throws {DataError} when a value cannot be part of it
   */
  render(value: (reference: string) => string): string {
    if (this.isStatic) return new URL(this.#template.text).href;
    const text = this.#template.render((reference, before) => {
      const raw = value(reference);
      if (raw === "" && !before.includes("?")) {
        throw new DataError(`\${${reference}} is empty, and a path needs a text there`);
      }
      return encoded(raw, reference);
    });
    if (pathOf(text).some((segment) => DOTS.test(segment))) {
      throw new DataError("the path would have a segment . or .., which leads elsewhere");
    }
    return new URL(text).href;
  }
}

/** @throws {DataError} for half a surrogate pair */
function encoded(text: string, reference: string): string {
  try {
    return encodeURIComponent(text);
  } catch (error) {
    throw new DataError(`\${${reference}} is no valid Unicode text`, { cause: error });
  }
}

function pathOf(url: string): string[] {
  const [path = ""] = url.replace(/^[^/]*\/\/[^/?]*/, "").split("?");
  return path.split(/[/\\]/);
}
