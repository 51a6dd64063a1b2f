import { AVRO_DATA_CONFIG } from "@millrace/avro-data";
import { type ConfigDef, parseConfig, type Props } from "@millrace/connect-api";
import { REGISTRY_CONFIG } from "../registry/config.ts";
import { RegistryConverter } from "../registry-converter.ts";
import type { SchemaFormat } from "../schema-format.ts";
import { AvroFormat } from "./avro-format.ts";

export const AVRO_CONVERTER_CONFIG = {
  ...REGISTRY_CONFIG,
  ...AVRO_DATA_CONFIG,
} as const satisfies ConfigDef;

/** Avro with a schema registry (Java: `io.confluent.connect.avro.AvroConverter`). */
export class AvroConverter extends RegistryConverter {
  config(): ConfigDef {
    return AVRO_CONVERTER_CONFIG;
  }

  protected makeFormat(props: Props): SchemaFormat {
    return new AvroFormat(parseConfig(AVRO_DATA_CONFIG, props));
  }
}
