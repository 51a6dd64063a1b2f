export { FileStreamSinkConnector } from "./sink/connector.ts";
export { FileStreamSinkTask } from "./sink/task.ts";
export { FileStreamSourceConnector } from "./source/connector.ts";
export { FileStreamSourceTask } from "./source/task.ts";
export { FileSourceConnector } from "./file-source/connector.ts";
export { FileSourceTask } from "./file-source/task.ts";
export { FileSinkConnector } from "./file-sink/connector.ts";
export { FileSinkTask } from "./file-sink/task.ts";
