/** How a field of a struct is written. */
export interface FieldWriter {
  /** What stands before its value: the brace or comma, its name, a colon. */
  readonly key: string;
  readonly write: (value: unknown) => string;
}

const NOTHING = Symbol("nothing written yet");
/** Longer texts are not kept. */
const REMEMBERED_LENGTH = 64;

/**
 * Writes structs of one schema, and keeps what it has written last: most fields of change
 * events (names, versions, times) are the same for many records in a row. A run of fields
 * that are as they were is added as one text.
 */
export class StructText {
  readonly #fields: readonly FieldWriter[];
  readonly #last: unknown[];
  /** Of each field as it was written last, key included. */
  readonly #texts: string[];
  /** Where the run that was put together for a field ends; -1 where there is none. */
  readonly #runEnds: number[];
  readonly #runs: string[];

  constructor(fields: readonly FieldWriter[]) {
    this.#fields = fields;
    this.#last = fields.map(() => NOTHING);
    this.#texts = fields.map(() => "");
    this.#runEnds = fields.map(() => -1);
    this.#runs = fields.map(() => "");
  }

  /** @param values one per field */
  of(values: readonly unknown[]): string {
    const last = this.#last;
    const { length } = last;
    if (length === 0) return "{}";
    let text = "";
    for (let i = 0; i < length;) {
      let end = i;
      while (end < length && values[end] === last[end]) end++;
      if (end > i) {
        text += this.#runEnds[i] === end ? this.#runs[i]! : this.#run(i, end);
        i = end;
      } else {
        text += this.#write(i, values[i]);
        i++;
      }
    }
    return `${text}}`;
  }

  #run(start: number, end: number): string {
    const run = this.#texts.slice(start, end).join("");
    this.#runs[start] = run;
    this.#runEnds[start] = end;
    return run;
  }

  #write(i: number, value: unknown): string {
    const { key, write } = this.#fields[i]!;
    const written = write(value);
    const text = key + written;
    this.#last[i] =
      written.length <= REMEMBERED_LENGTH && isPlain(value, written) ? value : NOTHING;
    this.#texts[i] = text;
    for (let start = 0; start <= i; start++) {
      if (this.#runEnds[start]! > i) this.#runEnds[start] = -1;
    }
    return text;
  }
}

/** Whether the next value that equals this one is written the same. */
function isPlain(value: unknown, written: string): boolean {
  // What is no primitive may be another value in the same object; 0 equals -0.
  if (value === 0) return written === "0";
  return typeof value !== "object" || value === null;
}
