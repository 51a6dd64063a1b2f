/** A text with `${…}` in it. */
export class Template {
  readonly text: string;
  /** Literals and references in turn; the first and the last are literals. */
  readonly #literals: readonly string[];
  readonly references: readonly string[];

  private constructor(text: string, literals: readonly string[], references: readonly string[]) {
    this.text = text;
    this.#literals = literals;
    this.references = references;
  }

  /** @returns the template, or what is wrong with the text */
  static parse(text: string): Template | string {
    const literals: string[] = [];
    const references: string[] = [];
    let from = 0;
    for (;;) {
      const start = text.indexOf("${", from);
      if (start < 0) break;
      const end = text.indexOf("}", start);
      if (end < 0) return `it has a \${ without } in it`;
      const reference = text.slice(start + 2, end).trim();
      if (!/^[^\s${}]+$/.test(reference)) return `\${${reference}} names nothing`;
      literals.push(text.slice(from, start));
      references.push(reference);
      from = end + 1;
    }
    literals.push(text.slice(from));
    return new Template(text, literals, references);
  }

  /** Nothing is put in: it always gives the same text. */
  get isStatic(): boolean {
    return this.references.length === 0;
  }

  /** The text up to the first reference. */
  get beginning(): string {
    return this.#literals[0] ?? "";
  }

  /** @param value gives the text for a reference, made safe for where it goes to; it is told what stands before */
  render(value: (reference: string, before: string) => string): string {
    let text = this.#literals[0] ?? "";
    for (const [i, reference] of this.references.entries()) {
      text += value(reference, text) + (this.#literals[i + 1] ?? "");
    }
    return text;
  }
}
