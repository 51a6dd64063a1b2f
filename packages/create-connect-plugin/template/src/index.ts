export { ExampleSinkConnector } from "./sink-connector.ts";
export { ExampleSourceConnector } from "./source-connector.ts";
