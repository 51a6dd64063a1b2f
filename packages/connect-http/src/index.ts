export {
  AivenHttpSinkConnector,
  ConfluentHttpSinkConnector,
  GenericHttpSinkConnector,
} from "./sink/connector.ts";
export { ConfluentHttpSourceConnector, MillraceHttpSourceConnector } from "./source/connector.ts";
