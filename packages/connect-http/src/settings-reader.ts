import type { ConfigProblem } from "./problems.ts";
import { HeaderTemplates } from "./template/header-templates.ts";
import { Template } from "./template/template.ts";
import { UrlTemplate } from "./template/url-template.ts";

const NOWHERE = "http://localhost/";

/**
 * Collects what is wrong with a configuration while its values are made of it. Where a
 * value cannot be made something harmless stands in for it, which is never used.
 */
export class SettingsReader {
  readonly problems: ConfigProblem[] = [];

  problem(keys: string | readonly string[], message: string): void {
    this.problems.push({ keys: typeof keys === "string" ? [keys] : keys, message });
  }

  /** The value, or a stand-in for what is wrong with it. */
  #checked<T extends object>(key: string, parsed: T | string, standIn: () => T): T {
    if (typeof parsed !== "string") return parsed;
    this.problem(key, `${key}: ${parsed}.`);
    return standIn();
  }

  url(key: string, text: string): UrlTemplate {
    return this.#checked(
      key,
      UrlTemplate.parse(text),
      () => UrlTemplate.parse(NOWHERE) as UrlTemplate,
    );
  }

  /** An address without references. */
  fixedUrl(key: string, text: string): string {
    const url = this.url(key, text);
    if (!url.isStatic) this.problem(key, `${key}: it may not have \${…} in it.`);
    return url.isStatic ? text : NOWHERE;
  }

  headers(key: string, texts: readonly string[]): HeaderTemplates {
    const none = () => HeaderTemplates.parse([]) as HeaderTemplates;
    return this.#checked(key, HeaderTemplates.parse(texts), none);
  }

  template(key: string, text: string): Template {
    return this.#checked(key, Template.parse(text), () => Template.parse("") as Template);
  }

  /** @returns the parsed thing; undefined, with the problem noted, where there is none */
  parsed<T extends object>(key: string, parsed: T | string): T | undefined {
    if (typeof parsed !== "string") return parsed;
    this.problem(key, `${key}: ${parsed}.`);
    return undefined;
  }
}
