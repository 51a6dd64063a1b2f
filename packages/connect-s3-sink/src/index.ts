export { S3SinkConnector } from "./connector.ts";
