export { FileStreamSinkConnector } from "./sink/connector.ts";
export { FileStreamSinkTask } from "./sink/task.ts";
export { FileStreamSourceConnector } from "./source/connector.ts";
export { FileStreamSourceTask } from "./source/task.ts";
