export { AivenHttpSinkConnector, ConfluentHttpSinkConnector } from "./sink/connector.ts";
