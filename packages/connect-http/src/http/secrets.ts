const HIDDEN = "[hidden]";
/** Shorter texts occur in messages by chance. */
const SHORTEST = 4;

/**
 * Takes secrets out of texts that come from outside: a server may repeat in its answer
 * what it was sent (I5).
 */
export class Secrets {
  readonly #texts = new Set<string>();

  constructor(texts: Iterable<string | null | undefined> = []) {
    for (const text of texts) this.add(text);
  }

  add(text: string | null | undefined): void {
    if (text && text.length >= SHORTEST) this.#texts.add(text);
  }

  /** One that is no longer in use, such as an old token. */
  forget(text: string): void {
    this.#texts.delete(text);
  }

  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#texts) hidden = hidden.replaceAll(secret, HIDDEN);
    return hidden;
  }
}
