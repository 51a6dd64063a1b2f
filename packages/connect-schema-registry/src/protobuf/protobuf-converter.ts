import { type ConfigDef, parseConfig, type Props } from "@millrace/connect-api";
import { REGISTRY_CONFIG } from "../registry/config.ts";
import { RegistryConverter } from "../registry-converter.ts";
import type { SchemaFormat } from "../schema-format.ts";
import { PROTOBUF_CONFIG } from "./config.ts";
import { ProtobufFormat } from "./protobuf-format.ts";

export const PROTOBUF_CONVERTER_CONFIG = {
  ...REGISTRY_CONFIG,
  ...PROTOBUF_CONFIG,
} as const satisfies ConfigDef;

/** Protobuf with a schema registry (Java: `io.confluent.connect.protobuf.ProtobufConverter`). */
export class ProtobufConverter extends RegistryConverter {
  config(): ConfigDef {
    return PROTOBUF_CONVERTER_CONFIG;
  }

  protected makeFormat(props: Props): SchemaFormat {
    return new ProtobufFormat(parseConfig(PROTOBUF_CONFIG, props));
  }
}
