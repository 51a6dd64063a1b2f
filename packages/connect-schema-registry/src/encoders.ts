import type { MaybePromise, Schema } from "@millrace/connect-api";
import type { RegistryConfig } from "./registry/config.ts";
import type { RegisteredSchema, SchemaRegistry } from "./registry/schema-registry.ts";
import type { SchemaFormat, Translation, WriteValue } from "./schema-format.ts";
import type { SubjectStrategy } from "./subjects.ts";

/** How values of one schema are written to one topic. */
export interface Encoder {
  readonly id: number;
  readonly write: WriteValue;
}

/** What is known of one topic. */
interface TopicEncoders {
  readonly bySchema: WeakMap<Schema, Encoder>;
  /** By subject and text, for schemas that are made anew all the time. */
  readonly byText: Map<string, Encoder>;
  withoutSchema: Encoder | undefined;
  last: { readonly schema: Schema; readonly encoder: Encoder } | undefined;
}

/** Finds or makes the encoder of a schema: registers it, or asks for what it is to be written by. */
export class Encoders {
  readonly #config: RegistryConfig;
  readonly #registry: SchemaRegistry;
  readonly #format: SchemaFormat;
  readonly #subject: SubjectStrategy;
  readonly #topics = new Map<string, TopicEncoders>();

  // A batch mostly has one topic and one schema.
  #lastTopic: string | undefined;
  #lastSchema: Schema | null | undefined;
  #lastEncoder!: Encoder;

  constructor(
    config: RegistryConfig,
    registry: SchemaRegistry,
    format: SchemaFormat,
    subject: SubjectStrategy,
  ) {
    this.#config = config;
    this.#registry = registry;
    this.#format = format;
    this.#subject = subject;
  }

  /** A promise only for a schema that is not known yet. */
  of(topic: string, schema: Schema | null): MaybePromise<Encoder> {
    if (schema === this.#lastSchema && topic === this.#lastTopic) return this.#lastEncoder;
    const known = this.#topicOf(topic);
    const encoder =
      schema === null
        ? known.withoutSchema
        : (known.bySchema.get(schema) ??
          (known.last?.schema.equals(schema) === true ? known.last.encoder : undefined));
    if (encoder !== undefined) return this.#remember(topic, schema, known, encoder);
    return this.#make(topic, schema, known);
  }

  async #make(topic: string, schema: Schema | null, known: TopicEncoders): Promise<Encoder> {
    const translation = this.#format.translate(schema);
    const subject = this.#subject(topic, translation.recordName);
    const key = `${subject}\n${translation.text}`;
    const encoder = known.byText.get(key) ?? (await this.#prepare(subject, schema, translation));
    known.byText.set(key, encoder);
    for (const oldest of known.byText.keys()) {
      if (known.byText.size <= this.#config["max.schemas.per.subject"]) break;
      known.byText.delete(oldest);
    }
    return this.#remember(topic, schema, known, encoder);
  }

  async #prepare(
    subject: string,
    schema: Schema | null,
    translation: Translation,
  ): Promise<Encoder> {
    if (this.#config["auto.register.schemas"]) {
      // First, so that what cannot be written does not leave a schema behind.
      const write = this.#format.writer(schema, translation, [], false);
      return { id: await this.#registry.register(subject, translation), write };
    }
    const target = await this.#given(subject);
    if (target === undefined) {
      const write = this.#format.writer(schema, translation, [], false);
      return { id: await this.#registry.lookUp(subject, translation), write };
    }
    const references = await this.#registry.resolve(target.references);
    const strict = this.#config["latest.compatibility.strict"];
    return { id: target.id, write: this.#format.writer(schema, target, references, strict) };
  }

  /** The schema that is chosen beforehand, if there is one. */
  async #given(subject: string): Promise<RegisteredSchema | undefined> {
    const id = this.#config["use.schema.id"];
    if (id >= 0) return await this.#registry.schemaById(id);
    return this.#config["use.latest.version"] ? await this.#registry.latest(subject) : undefined;
  }

  #remember(topic: string, schema: Schema | null, known: TopicEncoders, encoder: Encoder): Encoder {
    if (schema === null) {
      known.withoutSchema = encoder;
    } else {
      known.bySchema.set(schema, encoder);
      known.last = { schema, encoder };
    }
    this.#lastTopic = topic;
    this.#lastSchema = schema;
    this.#lastEncoder = encoder;
    return encoder;
  }

  #topicOf(topic: string): TopicEncoders {
    let known = this.#topics.get(topic);
    if (known === undefined) {
      known = {
        bySchema: new WeakMap(),
        byText: new Map(),
        withoutSchema: undefined,
        last: undefined,
      };
      this.#topics.set(topic, known);
    }
    return known;
  }
}
