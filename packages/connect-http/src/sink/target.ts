import type { SinkRecord } from "@millrace/connect-api";
import { recordField } from "../template/record-fields.ts";
import type { SinkSettings } from "./settings.ts";

/** Where a record goes. Records go into one request only if their targets are the same. */
export interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Equal for equal targets. */
  readonly identity: string;
}

/** Finds targets; where they depend on the topic alone each is made once. */
export class Targets {
  readonly #settings: SinkSettings;
  readonly #isStatic: boolean;
  readonly #byTopic = new Map<string, Target>();

  constructor(settings: SinkSettings) {
    this.#settings = settings;
    const { url, headers, batch } = settings;
    this.#isStatic = [url, headers, ...(batch.key === null ? [] : [batch.key])].every((template) =>
      template.references.every((reference) => reference === "topic"),
    );
  }

  /** @throws {DataError} when the record has not what address or headers are made of */
  of(record: SinkRecord): Target {
    if (record.value === null || !this.#isStatic) return this.#make(record);
    let target = this.#byTopic.get(record.topic);
    if (target === undefined) {
      target = this.#make(record);
      this.#byTopic.set(record.topic, target);
    }
    return target;
  }

  #make(record: SinkRecord): Target {
    const { url, headers, contentType, batch, method } = this.#settings;
    const field = (reference: string) => recordField(record, reference);
    const isDelete = record.value === null;
    const address = url.render(field);
    const own = headers.render(field);
    const named: Record<string, string> =
      contentType === null || isDelete || headers.has("content-type")
        ? own
        : { "content-type": contentType, ...own };
    const key = batch.key?.render(field) ?? "";
    return {
      method: isDelete ? "DELETE" : method,
      url: address,
      headers: named,
      identity: JSON.stringify([record.topic, isDelete, address, named, key]),
    };
  }
}
