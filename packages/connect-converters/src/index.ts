export * from "./boolean-converter.ts";
export * from "./byte-array-converter.ts";
export { JSON_CONVERTER_CONFIG, type JsonConverterConfig } from "./json/config.ts";
export * from "./json/json-converter.ts";
export * from "./number-converters.ts";
export * from "./simple-header-converter.ts";
export * from "./string-converter.ts";
