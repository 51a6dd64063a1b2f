export { CONFIG, type Config } from "./config.ts";
export { PostgresConnector } from "./connector.ts";
export { PostgresTask } from "./task.ts";
