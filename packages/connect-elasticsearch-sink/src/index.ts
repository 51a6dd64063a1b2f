export { ElasticsearchSinkConnector } from "./connector.ts";
export { OpensearchSinkConnector } from "./opensearch-connector.ts";
