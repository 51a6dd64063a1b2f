/** The names by which Confluent's converter keeps what the other side has no word for. */
export const PREFIX = "io.confluent.connect.protobuf";
export const TAG = `${PREFIX}.Tag`;
export const ENUM = `${PREFIX}.Enum`;
export const UNION = `${PREFIX}.Union`;
export const DEFAULT_NAME = "ConnectDefault";
export const FIELD_META = "(confluent.field_meta)";

export const TIMESTAMP = ".google.protobuf.Timestamp";
export const DATE = ".google.type.Date";
export const TIME_OF_DAY = ".google.type.TimeOfDay";
export const DECIMAL = ".confluent.type.Decimal";

/** Google's wrappers of single values, in the order of their file. */
export const WRAPPERS = [
  ["DoubleValue", "double"],
  ["FloatValue", "float"],
  ["Int64Value", "int64"],
  ["UInt64Value", "uint64"],
  ["Int32Value", "int32"],
  ["UInt32Value", "uint32"],
  ["BoolValue", "bool"],
  ["StringValue", "string"],
  ["BytesValue", "bytes"],
] as const;
