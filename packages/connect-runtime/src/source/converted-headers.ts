import type { Header } from "@millrace/connect-api";
import type { RecordHeader } from "@millrace/kafka-client";

/**
 * What a record's headers were converted to, for the next record that has the same ones:
 * sources that say in headers where a record comes from say the same each time.
 */
export class ConvertedHeaders {
  #topic: string | undefined;
  #from: readonly Header[] = [];
  #result: readonly RecordHeader[] = [];

  /** Valid where `isOf` holds. */
  get result(): readonly RecordHeader[] {
    return this.#result;
  }

  isOf(topic: string, headers: Iterable<Header>): boolean {
    if (topic !== this.#topic) return false;
    let i = 0;
    for (const { key, schema, value } of headers) {
      const before = this.#from[i++];
      if (before === undefined || key !== before.key) return false;
      if (schema !== before.schema || value !== before.value) return false;
    }
    return i === this.#from.length;
  }

  /** Keeps them where values are texts: others may change within, or equal what they are not. */
  keep(topic: string, headers: Iterable<Header>, result: readonly RecordHeader[]): void {
    this.#from = Array.from(headers, ({ key, schema, value }) => ({ key, schema, value }));
    this.#topic = this.#from.every(({ value }) => typeof value === "string") ? topic : undefined;
    this.#result = [...result];
  }
}
