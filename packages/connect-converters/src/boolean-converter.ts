import { DataError, javaClassName, OPTIONAL_BOOLEAN_SCHEMA } from "@millrace/connect-api";
import { FixedWidthConverter, serializationError } from "./fixed-width-converter.ts";

/** One byte, 0 or 1 (Java: `org.apache.kafka.connect.converters.BooleanConverter`). */
export class BooleanConverter extends FixedWidthConverter {
  constructor() {
    super({
      typeName: "boolean",
      deserializer: "BooleanDeserializer",
      width: 1,
      schema: OPTIONAL_BOOLEAN_SCHEMA,
      encode(schema, value) {
        if (schema !== null && schema.type !== "BOOLEAN") {
          throw new DataError(`Invalid schema type for BooleanConverter: ${schema.type}`);
        }
        if (value === null) return null;
        if (typeof value === "boolean") return Buffer.from([value ? 1 : 0]);
        throw new DataError(
          `BooleanConverter is not compatible with objects of type class ${javaClassName(value)}`,
        );
      },
      decode(bytes) {
        const [byte] = bytes;
        if (byte === 0 || byte === 1) return byte === 1;
        throw serializationError(`Unexpected byte received by BooleanDeserializer: ${byte}`);
      },
    });
  }
}
