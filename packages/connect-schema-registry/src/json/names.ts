/** The names by which Confluent's converter keeps what JSON Schema has no word for. */
export const CONNECT_TYPE = "connect.type";
export const CONNECT_VERSION = "connect.version";
export const CONNECT_PARAMETERS = "connect.parameters";
export const CONNECT_INDEX = "connect.index";

export const ONE_OF = "io.confluent.connect.json.OneOf";
export const ONE_OF_FIELD = `${ONE_OF}.field.`;
export const ENUM = "io.confluent.connect.json.Enum";
