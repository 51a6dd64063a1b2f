export { AivenHttpSinkConnector, ConfluentHttpSinkConnector } from "./sink/connector.ts";
export { ConfluentHttpSourceConnector, MillraceHttpSourceConnector } from "./source/connector.ts";
