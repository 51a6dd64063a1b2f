import { ConnectError } from "./errors.ts";
import { type Translation, translateJavaRegex } from "./java-regex-syntax.ts";

/**
 * Compiles a regular expression written for Java (`topics.regex`, the `regex` of
 * RegexRouter) so that it matches whole texts, as `Matcher.matches` does.
 * @throws {ConnectError} in the wording of Java's `PatternSyntaxException`
 */
export function compileJavaRegex(pattern: string): RegExp {
  const translation = translateJavaRegex(pattern);
  return compile(pattern, `^(?:${translation.source})$`, translation);
}

/** What was found in a text. */
export interface JavaMatch {
  readonly index: number;
  /** The groups by Java's numbers; the first is the whole match. Undefined are those that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** A regular expression written for Java, to be found anywhere in a text, as by `Matcher.find`. */
export class JavaSearch {
  readonly #regex: RegExp;
  readonly #translation: Translation;

  /** @throws {ConnectError} in the wording of Java's `PatternSyntaxException` */
  constructor(pattern: string) {
    this.#translation = translateJavaRegex(pattern);
    this.#regex = compile(pattern, this.#translation.source, this.#translation);
  }

  /** How many groups the expression has, the whole match not counted. */
  get groupCount(): number {
    return this.#translation.groups.length - 1;
  }

  /** The numbers of the groups that have a name. */
  get names(): ReadonlyMap<string, number> {
    return this.#translation.names;
  }

  /** The first match, or undefined. */
  find(text: string): JavaMatch | undefined {
    const found = this.#regex.exec(text);
    if (found === null) return undefined;
    return {
      index: found.index,
      groups: this.#translation.groups.map((number) => found[number]),
    };
  }
}

function compile(pattern: string, source: string, { ignoreCase }: Translation): RegExp {
  try {
    return new RegExp(source, ignoreCase ? "vi" : "v");
  } catch (error) {
    const { message } = error as Error;
    throw new ConnectError(`${message.slice(message.lastIndexOf(": ") + 2)}\n${pattern}`, {
      cause: error,
    });
  }
}
