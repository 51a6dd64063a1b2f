export { ElasticsearchSinkConnector } from "./connector.ts";
