/** What stands in the place of a secret, in Java's words. */
const HIDDEN = "[hidden]";

/** Shorter texts stand in every message by chance, and are no secrets. */
const SHORTEST = 4;

/** Settings, not secrets, whatever they come from. */
const HARMLESS: ReadonlySet<string> = new Set(["true", "false", "null", "none"]);

/**
 * Values that came from config providers, to be hidden in what leaves the code that may
 * know them: log lines, traces, errors, validation answers (I5). A value is found as it
 * is, line by line, and the way JSON, URLs and Base64 write it; not in pieces or in other
 * disguises, and not if it is shorter than four characters.
 */
export class Secrets {
  /** Longest first: one may hold another. */
  #texts: string[] = [];

  constructor(values: Iterable<string> = []) {
    this.add(values);
  }

  add(values: Iterable<string>): void {
    const texts = new Set(this.#texts);
    for (const value of values) {
      for (const disguise of disguisesOf(value)) {
        if (disguise.length >= SHORTEST && !HARMLESS.has(disguise)) texts.add(disguise);
      }
    }
    this.#texts = [...texts].toSorted((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    let shown = text;
    for (const secret of this.#texts) {
      if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN);
    }
    return shown;
  }

  /** Plain data with all its texts hidden, keys as well. */
  hideIn<T>(value: T): T {
    return this.#texts.length === 0 ? value : (this.#hideIn(value) as T);
  }

  /**
   * Plain data of a known shape with its texts hidden: what a secret may happen to be like, the
   * names of its fields and the words of a few of them, stays.
   * @param words names of fields whose values are words of the data's shape
   */
  hideInTexts<T>(value: T, words: ReadonlySet<string>): T {
    return this.#texts.length === 0 ? value : (this.#hideInTexts(value, words) as T);
  }

  #hideInTexts(value: unknown, words: ReadonlySet<string>): unknown {
    if (typeof value === "string") return this.hide(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((element) => this.#hideInTexts(element, words));
    return Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [
        field,
        words.has(field) && typeof inner === "string" ? inner : this.#hideInTexts(inner, words),
      ]),
    );
  }

  #hideIn(value: unknown): unknown {
    if (typeof value === "string") return this.hide(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((element) => this.#hideIn(element));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [this.hide(key), this.#hideIn(inner)]),
    );
  }
}

function disguisesOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const lines = value.split(/\r\n|\r|\n/);
  return [
    value,
    ...[value, ...lines].map((text) => text.trim()),
    JSON.stringify(value).slice(1, -1),
    // By way of the bytes: half a character cannot be encoded.
    encodeURIComponent(bytes.toString()),
    bytes.toString("base64"),
  ];
}
