import type { SchemaId } from "../wire-format.ts";
import type { RegistryConfig } from "./config.ts";
import { RegistryError } from "./errors.ts";
import { RegistryHttp } from "./http.ts";

export type SchemaKind = "AVRO" | "JSON" | "PROTOBUF";

/** A schema uses another one under a name. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as the registry has it. */
export interface SchemaDefinition {
  readonly kind: SchemaKind;
  readonly text: string;
  readonly references: readonly SchemaReference[];
}

/** The text of a schema that another one uses, under the name by which it does. */
export interface ResolvedReference {
  readonly name: string;
  readonly text: string;
}

export interface RegisteredSchema extends SchemaDefinition {
  readonly id: number;
}

/** The part of the registry's REST API that converters need. */
export class SchemaRegistry {
  readonly #http: RegistryHttp;
  readonly #normalize: string;

  /** @throws {ConfigError} */
  constructor(config: RegistryConfig) {
    this.#http = new RegistryHttp(config);
    this.#normalize = config["normalize.schemas"] ? "?normalize=true" : "";
  }

  close(): void {
    this.#http.close();
  }

  /** Registers a schema, if it is not there yet; gives its id. */
  async register(subject: string, schema: SchemaDefinition): Promise<number> {
    const path = `${subjectPath(subject)}/versions${this.#normalize}`;
    const what = `Registering the schema of subject ${subject}`;
    return idOf(await this.#http.request(what, "POST", path, body(schema)));
  }

  /** The id of a schema that was registered before. */
  async lookUp(subject: string, schema: SchemaDefinition): Promise<number> {
    const path = `${subjectPath(subject)}${this.#normalize}`;
    const what = `Looking up the schema in subject ${subject}`;
    return idOf(await this.#http.request(what, "POST", path, body(schema)));
  }

  async schemaById(id: number): Promise<RegisteredSchema> {
    const what = `Fetching the schema of id ${id}`;
    return definition({
      ...asJson(await this.#http.request(what, "GET", `/schemas/ids/${id}`)),
      id,
    });
  }

  /** Of an id, or of a GUID, which registries know since Confluent's 8.0. */
  async schemaBy(id: SchemaId): Promise<SchemaDefinition> {
    if (typeof id === "number") return await this.schemaById(id);
    const what = `Fetching the schema of GUID ${id}, which registries before Confluent's 8.0 do not know`;
    return definition(asJson(await this.#http.request(what, "GET", `/schemas/guids/${id}`)));
  }

  async latest(subject: string): Promise<RegisteredSchema> {
    const what = `Fetching the latest schema of subject ${subject}`;
    const path = `${subjectPath(subject)}/versions/latest`;
    return definition(asJson(await this.#http.request(what, "GET", path)));
  }

  /** Which version of a subject a schema is; undefined where the registry does not say. */
  async versionIn(
    subject: string,
    id: SchemaId,
    schema: SchemaDefinition,
  ): Promise<number | undefined> {
    try {
      if (typeof id !== "number") return await this.#versionOf(subject, schema);
      const versions = await this.#http.request(
        `Asking for the versions of schema ${id}`,
        "GET",
        `/schemas/ids/${id}/versions`,
      );
      if (!Array.isArray(versions)) return undefined;
      return (versions as { subject: string; version: number }[]).find(
        (entry) => entry.subject === subject,
      )?.version;
    } catch (error) {
      // Old registries do not know this question, and some users may not ask it.
      if (error instanceof RegistryError) return undefined;
      throw error;
    }
  }

  async #versionOf(subject: string, schema: SchemaDefinition): Promise<number | undefined> {
    const what = `Looking up the schema in subject ${subject}`;
    const found = await this.#http.request(what, "POST", subjectPath(subject), body(schema));
    return (found as { version?: number }).version;
  }

  /** The schemas that a schema uses, and those that these use, each before whoever uses it. */
  async resolve(references: readonly SchemaReference[]): Promise<ResolvedReference[]> {
    const resolved = new Map<string, ResolvedReference>();
    const add = async (list: readonly SchemaReference[]): Promise<void> => {
      for (const { name, subject, version } of list) {
        if (resolved.has(name)) continue;
        const what = `Fetching version ${version} of subject ${subject}, which a schema uses as ${name}`;
        const path = `${subjectPath(subject)}/versions/${version}`;
        const schema = definition(asJson(await this.#http.request(what, "GET", path)));
        await add(schema.references);
        resolved.set(name, { name, text: schema.text });
      }
    };
    await add(references);
    return [...resolved.values()];
  }
}

type Json = Readonly<Record<string, unknown>>;

const asJson = (json: unknown): Json => json as Json;

const subjectPath = (subject: string): string => `/subjects/${encodeURIComponent(subject)}`;

/** Registries before JSON and Protobuf do not know the type. */
function body({ kind, text, references }: SchemaDefinition): object {
  return {
    schema: text,
    ...(kind !== "AVRO" && { schemaType: kind }),
    ...(references.length > 0 && { references }),
  };
}

function definition(json: Json): RegisteredSchema {
  return {
    id: Number(json["id"]),
    kind: (json["schemaType"] as SchemaKind | undefined) ?? "AVRO",
    text: json["schema"] as string,
    references: (json["references"] as SchemaReference[] | undefined) ?? [],
  };
}

const idOf = (json: unknown): number => (json as { id: number }).id;
