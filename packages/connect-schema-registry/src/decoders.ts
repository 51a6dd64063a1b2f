import type { MaybePromise } from "@millrace/connect-api";
import type { SchemaRegistry } from "./registry/schema-registry.ts";
import type { Decoder, SchemaFormat } from "./schema-format.ts";
import type { SubjectStrategy } from "./subjects.ts";
import type { SchemaId } from "./wire-format.ts";

const MAX_DECODERS = 1000;

/** Finds or makes the decoder of a schema id. */
export class Decoders {
  readonly #registry: SchemaRegistry;
  readonly #format: SchemaFormat;
  readonly #subject: SubjectStrategy;
  /** By id and topic: the version that a schema gets is that of its subject. */
  readonly #decoders = new Map<string, Decoder>();

  #lastTopic: string | undefined;
  #lastId: SchemaId = -1;
  #lastDecoder!: Decoder;

  constructor(registry: SchemaRegistry, format: SchemaFormat, subject: SubjectStrategy) {
    this.#registry = registry;
    this.#format = format;
    this.#subject = subject;
  }

  /** A promise only for a schema that is not known yet. */
  of(topic: string, id: SchemaId): MaybePromise<Decoder> {
    if (id === this.#lastId && topic === this.#lastTopic) return this.#lastDecoder;
    const known = this.#decoders.get(`${id} ${topic}`);
    return known === undefined ? this.#fetch(topic, id) : this.#remember(topic, id, known);
  }

  async #fetch(topic: string, id: SchemaId): Promise<Decoder> {
    const definition = await this.#registry.schemaBy(id);
    const references = await this.#registry.resolve(definition.references);
    const recordName = this.#format.recordName(definition, references);
    const subject = this.#subject(topic, recordName);
    const version = await this.#registry.versionIn(subject, id, definition);
    const decoder = this.#format.decoder(definition, references, version);
    this.#decoders.set(`${id} ${topic}`, decoder);
    for (const oldest of this.#decoders.keys()) {
      if (this.#decoders.size <= MAX_DECODERS) break;
      this.#decoders.delete(oldest);
    }
    return this.#remember(topic, id, decoder);
  }

  #remember(topic: string, id: SchemaId, decoder: Decoder): Decoder {
    this.#lastTopic = topic;
    this.#lastId = id;
    this.#lastDecoder = decoder;
    return decoder;
  }
}
