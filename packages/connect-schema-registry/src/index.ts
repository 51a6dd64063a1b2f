export { AvroConverter } from "./avro/avro-converter.ts";
export { JsonSchemaConverter } from "./json/json-schema-converter.ts";
export { ProtobufConverter } from "./protobuf/protobuf-converter.ts";
