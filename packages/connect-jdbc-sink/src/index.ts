export { JdbcSinkConnector } from "./connector.ts";
