import { type Document, isDocument, setField } from "../bson/document.ts";

/** Puts events together that the server gives in fragments ($changeStreamSplitLargeEvent). */
export class FragmentAssembler {
  #whole: Document | undefined;

  /** True between the fragments of an event: the stream cannot go on here. */
  get isBusy(): boolean {
    return this.#whole !== undefined;
  }

  /** Undefined until the last fragment has come. A whole event has the last one's `_id`. */
  add(event: Document): Document | undefined {
    const { splitEvent, ...fields } = event;
    if (!isDocument(splitEvent)) return event;
    this.#whole ??= {};
    for (const [name, value] of Object.entries(fields)) setField(this.#whole, name, value);
    if (Number(splitEvent["fragment"]) < Number(splitEvent["of"])) return undefined;
    const whole = this.#whole;
    this.#whole = undefined;
    return whole;
  }

  clear(): void {
    this.#whole = undefined;
  }
}
