import { type ConfigDef, parseConfig, type Props } from "@millrace/connect-api";
import { REGISTRY_CONFIG } from "../registry/config.ts";
import { RegistryConverter } from "../registry-converter.ts";
import type { SchemaFormat } from "../schema-format.ts";
import { JSON_SCHEMA_CONFIG } from "./config.ts";
import { JsonSchemaFormat } from "./json-schema-format.ts";

export const JSON_SCHEMA_CONVERTER_CONFIG = {
  ...REGISTRY_CONFIG,
  ...JSON_SCHEMA_CONFIG,
} as const satisfies ConfigDef;

/** JSON with a schema registry (Java: `io.confluent.connect.json.JsonSchemaConverter`). */
export class JsonSchemaConverter extends RegistryConverter {
  config(): ConfigDef {
    return JSON_SCHEMA_CONVERTER_CONFIG;
  }

  protected makeFormat(props: Props): SchemaFormat {
    return new JsonSchemaFormat(parseConfig(JSON_SCHEMA_CONFIG, props));
  }
}
