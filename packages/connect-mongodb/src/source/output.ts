import { BYTES_SCHEMA, type Schema, STRING_SCHEMA } from "@millrace/connect-api";
import { BSON } from "mongodb";
import type { Document } from "../bson/document.ts";
import { JsonWriter } from "../bson/json-writer.ts";
import { parseAvroSchema } from "./avro-schema.ts";
import { type Config, FORMATTERS } from "./config.ts";
import { inferSchema } from "./infer-schema.ts";
import { ToConnect } from "./to-connect.ts";

export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** Makes a record's key or value of a document. @throws {DataError} when it cannot */
export type Output = (document: Document) => SchemaAndValue;

/** How keys and values are written. */
export function outputs(config: Config): { readonly key: Output; readonly value: Output } {
  const json = new JsonWriter(FORMATTERS[config["output.json.formatter"]]!);
  const of = (format: Config["output.format.key"], schema: string, infers: boolean): Output => {
    switch (format) {
      case "json":
        return (document) => ({ schema: STRING_SCHEMA, value: json.write(document) });
      case "bson":
        return (document) => ({ schema: BYTES_SCHEMA, value: BSON.serialize(document) });
      case "schema":
        return infers ? inferred(json) : fixed(parseAvroSchema(schema), json);
    }
  };
  return {
    key: of(config["output.format.key"], config["output.schema.key"], false),
    value: of(
      config["output.format.value"],
      config["output.schema.value"],
      config["output.schema.infer.value"],
    ),
  };
}

function fixed(schema: Schema, json: JsonWriter): Output {
  const toConnect = new ToConnect(json);
  return (document) => ({ schema, value: toConnect.value(schema, document) });
}

/** Documents of one shape share a schema object, so that converters know it again. */
function inferred(json: JsonWriter): Output {
  const toConnect = new ToConnect(json);
  let last: Schema | undefined;
  return (document) => {
    const schema = inferSchema(document);
    if (last === undefined || !last.equals(schema)) last = schema;
    return { schema: last, value: toConnect.value(last, document) };
  };
}
