/** The names by which Confluent's converters keep in Avro what Avro has no word for. */
export const NAMESPACE = "io.confluent.connect.avro";
export const DEFAULT_RECORD_NAME = "ConnectDefault";
export const MAP_ENTRY = "MapEntry";
export const UNION_NAME = `${NAMESPACE}.Union`;
export const ENUM_PARAMETER = `${NAMESPACE}.Enum`;
export const RECORD_DOC_PARAMETER = `${NAMESPACE}.record.doc`;
export const FIELD_DOC_PARAMETER = `${NAMESPACE}.field.doc.`;
export const ENUM_DOC_PARAMETER = `${NAMESPACE}.enum.doc.`;
export const ENUM_DEFAULT_PARAMETER = `${NAMESPACE}.enum.default.`;

/** Of the generalized sum types, which all of Confluent's converters share. */
export const GENERALIZED_UNION = "org.apache.kafka.connect.data.Union";
export const GENERALIZED_ENUM = "org.apache.kafka.connect.data.Enum";
export const GENERALIZED_UNION_NAME = "connect_union_";
export const GENERALIZED_UNION_FIELD = "connect_union_field_";

export const CONNECT_NAME = "connect.name";
export const CONNECT_DOC = "connect.doc";
export const CONNECT_VERSION = "connect.version";
export const CONNECT_PARAMETERS = "connect.parameters";
export const CONNECT_DEFAULT = "connect.default";
export const CONNECT_TYPE = "connect.type";
export const INTERNAL_TYPE = "connect.internal.type";

export const DECIMAL_PRECISION_PARAMETER = "connect.decimal.precision";
export const DEFAULT_DECIMAL_PRECISION = 64;
export const FIXED_SIZE_PARAMETER = "connect.fixed.size";

/** Parameters of this prefix are properties of the Avro schema. */
export const AVRO_PROPERTY_PREFIX = "avro";
