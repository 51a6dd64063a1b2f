export { CONFIG, type Config } from "./config.ts";
export { JdbcSourceConnector } from "./connector.ts";
export { JdbcSourceTask } from "./task.ts";
