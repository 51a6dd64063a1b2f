import { ConfigError, DataError, type SinkRecord } from "@millrace/connect-api";
import { lookUp } from "../bson/document.ts";
import type { TopicConfig } from "./config.ts";
import type { RecordDocument } from "./record-document.ts";

export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

/** Says where a record goes. @throws {DataError} when the record does not say it */
export type NamespaceMapper = (document: RecordDocument, record: SinkRecord) => Namespace;

const PACKAGE = "com.mongodb.kafka.connect.sink.namespace.mapping.";
export const DEFAULT_MAPPER = `${PACKAGE}DefaultNamespaceMapper`;

/** Mappers by Java class. */
export const NAMESPACE_MAPPERS: Readonly<Record<string, (config: TopicConfig) => NamespaceMapper>> =
  {
    [DEFAULT_MAPPER]: (config) => {
      const namespace = configured(config);
      return () => namespace;
    },
    [`${PACKAGE}FieldPathNamespaceMapper`]: byFields,
  };

export function namespaceMapper(config: TopicConfig): NamespaceMapper {
  return NAMESPACE_MAPPERS[config["namespace.mapper"]]!(config);
}

function configured(config: TopicConfig): Namespace {
  return { database: config.database, collection: config.collection || config.topic };
}

/** Where a part of the namespace stands in a record. */
interface Place {
  readonly part: "key" | "value";
  readonly path: string;
}

function byFields(config: TopicConfig): NamespaceMapper {
  const otherwise = configured(config);
  const database = place("database", config);
  const collection = place("collection", config);
  if (database === undefined && collection === undefined) {
    throw new ConfigError(
      "namespace.mapper",
      config["namespace.mapper"],
      "It needs a path for the database or the collection: set a namespace.mapper.(key|value).(database|collection).field",
    );
  }
  const strict = config["namespace.mapper.error.if.invalid"];
  return (document) => ({
    database: named(document, database, strict) ?? otherwise.database,
    collection: named(document, collection, strict) ?? otherwise.collection,
  });
}

function place(what: "database" | "collection", config: TopicConfig): Place | undefined {
  const key = `namespace.mapper.key.${what}.field` as const;
  const value = `namespace.mapper.value.${what}.field` as const;
  if (config[key] !== "" && config[value] !== "") {
    throw new ConfigError(key, config[key], `Cannot set both: '${key}' and '${value}'`);
  }
  if (config[key] !== "") return { part: "key", path: config[key] };
  return config[value] === "" ? undefined : { part: "value", path: config[value] };
}

function named(
  document: RecordDocument,
  where: Place | undefined,
  strict: boolean,
): string | undefined {
  if (where === undefined) return undefined;
  const { part, path } = where;
  const found = document[part] && lookUp(document[part], path);
  if (typeof found === "string") return found;
  if (!strict) return undefined;
  if (document[part] === undefined) throw new DataError(`Invalid ${part} document: there is none`);
  throw new DataError(
    found === undefined
      ? `Missing document path '${path}' in the ${part}`
      : `Invalid type for field path '${path}' of the ${part}, expected a String`,
  );
}
