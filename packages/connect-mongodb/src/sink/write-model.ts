import { ConfigError, DataError } from "@millrace/connect-api";
import { type Document, isDocument, setField } from "../bson/document.ts";
import type { TopicConfig } from "./config.ts";
import { idStrategyOf, isPartialId, PARTIAL_KEY } from "./id-strategy.ts";
import type { RecordDocument } from "./record-document.ts";

/** One operation of a bulk write. */
export type WriteModel =
  | { readonly insertOne: { readonly document: Document } }
  | {
      readonly replaceOne: {
        readonly filter: Document;
        readonly replacement: Document;
        readonly upsert?: boolean;
      };
    }
  | {
      readonly updateOne: {
        readonly filter: Document;
        readonly update: Document | Document[];
        readonly upsert?: boolean;
      };
    }
  | { readonly deleteOne: { readonly filter: Document } };

/** What a record does. @throws {DataError} when its documents do not allow it */
export type WriteModelStrategy = (document: RecordDocument) => WriteModel;

type Make = (config: TopicConfig) => WriteModelStrategy;

const PACKAGE = "com.mongodb.kafka.connect.sink.writemodel.strategy.";
export const DEFAULT_WRITE_MODEL = `${PACKAGE}DefaultWriteModelStrategy`;
export const DEFAULT_DELETE_MODEL = `${PACKAGE}DeleteOneDefaultStrategy`;

const insertOne: WriteModelStrategy = (document) => ({
  insertOne: { document: valueOf(document) },
});

const replaceOne: WriteModelStrategy = (document) => {
  const replacement = valueOf(document);
  return { replaceOne: { filter: { _id: idOf(replacement) }, replacement, upsert: true } };
};

/** By the key, or by its own `_id`. */
const deleteOne: WriteModelStrategy = (document) => {
  const key = keyOf(document);
  return { deleteOne: { filter: Object.hasOwn(key, "_id") ? key : { _id: key } } };
};

const DELETES: Readonly<Record<string, Make>> = {
  [DEFAULT_DELETE_MODEL]: () => deleteOne,
  [`${PACKAGE}DeleteOneBusinessKeyStrategy`]: (config) => (document) => ({
    deleteOne: { filter: takeBusinessKey(valueOf(document), config) },
  }),
};

/** Strategies for records with a value, by Java class. */
export const WRITE_MODELS: Readonly<Record<string, Make>> = {
  [DEFAULT_WRITE_MODEL]: (config) => (config["timeseries.timefield"] ? insertOne : replaceOne),
  [`${PACKAGE}InsertOneDefaultStrategy`]: () => insertOne,
  [`${PACKAGE}ReplaceOneDefaultStrategy`]: () => replaceOne,
  [`${PACKAGE}ReplaceOneBusinessKeyStrategy`]: (config) => (document) => {
    const replacement = valueOf(document);
    const filter = takeBusinessKey(replacement, config);
    return { replaceOne: { filter, replacement, upsert: true } };
  },
  [`${PACKAGE}UpdateOneDefaultStrategy`]: () => (document) => {
    const { _id, ...fields } = valueOf(document);
    return { updateOne: { filter: { _id: present(_id) }, update: set(fields, _id), upsert: true } };
  },
  [`${PACKAGE}UpdateOneTimestampsStrategy`]: () => (document) => {
    const fields = valueOf(document);
    const filter = { _id: idOf(fields) };
    return { updateOne: { filter, update: setWithTimes(fields), upsert: true } };
  },
  [`${PACKAGE}UpdateOneBusinessKeyTimestampStrategy`]: (config) => (document) => {
    const fields = valueOf(document);
    const filter = takeBusinessKey(fields, config);
    return { updateOne: { filter, update: setWithTimes(fields), upsert: true } };
  },
  ...DELETES,
};

/** Strategies for records without value, by Java class. */
export const DELETE_MODELS: Readonly<Record<string, Make>> = {
  ...DELETES,
  [`${PACKAGE}DeleteOneTombstoneBusinessKeyStrategy`]: byPartialKey,
};

/** What a topic's records do, with a value or without. */
export function writeModels(config: TopicConfig): WriteModelStrategy {
  const write = WRITE_MODELS[config["writemodel.strategy"]]!(config);
  const remove = config["delete.on.null.values"]
    ? DELETE_MODELS[config["delete.writemodel.strategy"]]!(config)
    : undefined;
  return (document) => {
    if (document.hasValue) return write(document);
    if (!document.hasKey) {
      throw new DataError("Invalid Sink Record neither key doc nor value doc were present");
    }
    try {
      if (remove !== undefined) return remove(document);
    } catch (error) {
      throw new DataError("Could not create write model", { cause: error });
    }
    const cause = new DataError("Its value is null; delete.on.null.values=true would delete by it");
    throw new DataError("Could not create write model", { cause });
  };
}

function byPartialKey(config: TopicConfig): WriteModelStrategy {
  if (config["document.id.strategy"] !== PARTIAL_KEY) {
    throw new ConfigError(
      "delete.writemodel.strategy",
      config["delete.writemodel.strategy"],
      `It needs document.id.strategy=${PARTIAL_KEY}`,
    );
  }
  const makeId = idStrategyOf(config);
  return (document) => {
    keyOf(document);
    // A partial key is made of the key alone.
    const id = makeId(document, undefined as never) as Document;
    return { deleteOne: { filter: flatten(id) } };
  };
}

function valueOf({ value }: RecordDocument): Document {
  if (value !== undefined) return value;
  throw new DataError("Could not build the WriteModel,the value document was missing unexpectedly");
}

function keyOf({ key }: RecordDocument): Document {
  if (key !== undefined) return key;
  throw new DataError("Could not build the WriteModel,the key document was missing unexpectedly");
}

function idOf(document: Document): unknown {
  return present(Object.hasOwn(document, "_id") ? document["_id"] : undefined);
}

function present(id: unknown): unknown {
  if (id !== undefined) return id;
  throw new DataError("Could not build the WriteModel,the `_id` field was missing unexpectedly");
}

/** Takes `_id` out of a document, as the filter by its fields. */
function takeBusinessKey(document: Document, config: TopicConfig): Document {
  const { _id: id } = document;
  if (!isDocument(id)) {
    throw new DataError(
      "Could not build the WriteModel,the value document does not contain an _id field of type BsonDocument which holds the business key fields. To include an existing `_id` value in the business key, set `document.id.strategy.overwrite.existing=true`.",
    );
  }
  delete document["_id"];
  return isPartialId(config) ? flatten(id) : id;
}

/** Fields of fields under dotted paths, as filters look for them. */
function flatten(document: Document, prefix = "", into: Document = {}): Document {
  for (const [name, value] of Object.entries(document)) {
    if (isDocument(value)) flatten(value, `${prefix}${name}.`, into);
    else setField(into, prefix + name, value);
  }
  return into;
}

/** An update that sets nothing is refused by servers before 5.0, so it is none. */
function set(fields: Document, id: unknown): Document {
  return Object.keys(fields).length === 0 ? { $setOnInsert: { _id: id } } : { $set: fields };
}

function setWithTimes(fields: Document): Document {
  const now = new Date();
  return { $set: { ...fields, _modifiedTS: now }, $setOnInsert: { _insertedTS: now } };
}
