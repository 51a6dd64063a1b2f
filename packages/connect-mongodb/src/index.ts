export { MongoSinkConnector } from "./sink/connector.ts";
export { MongoSourceConnector } from "./source/connector.ts";
