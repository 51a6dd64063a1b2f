import { removeNulls } from "../../bson/document.ts";
import type { TopicConfig } from "../config.ts";
import type { WriteModel } from "../write-model.ts";
import { changeStream } from "./change-stream.ts";
import { debeziumChangeStream, debeziumOplog, debeziumRdbms } from "./debezium.ts";
import type { CdcHandler } from "./handler.ts";
import { isEmpty } from "./handler.ts";
import { qlikRdbms } from "./qlik.ts";

const PACKAGE = "com.mongodb.kafka.connect.sink.cdc.";

/** Handlers of change events by Java class. */
export const CDC_HANDLERS: Readonly<Record<string, CdcHandler>> = {
  [`${PACKAGE}mongodb.ChangeStreamHandler`]: changeStream,
  [`${PACKAGE}debezium.mongodb.ChangeStreamHandler`]: debeziumChangeStream,
  [`${PACKAGE}debezium.mongodb.MongoDbHandler`]: debeziumOplog,
  [`${PACKAGE}debezium.rdbms.RdbmsHandler`]: debeziumRdbms,
  [`${PACKAGE}debezium.rdbms.mysql.MysqlHandler`]: debeziumRdbms,
  [`${PACKAGE}debezium.rdbms.postgres.PostgresHandler`]: debeziumRdbms,
  [`${PACKAGE}qlik.rdbms.RdbmsHandler`]: qlikRdbms,
};

/** The topic's handler, undefined when its records are documents. */
export function cdcHandler(config: TopicConfig): CdcHandler | undefined {
  const handler = CDC_HANDLERS[config["change.data.capture.handler"]];
  if (handler === undefined || !config["change.data.capture.handler.remove.null.values"]) {
    return handler;
  }
  return (document, logger) => {
    const model = handler(document, logger);
    return model && withoutNulls(model);
  };
}

function withoutNulls(model: WriteModel): WriteModel | undefined {
  if ("replaceOne" in model) {
    removeNulls(model.replaceOne.replacement);
    return isEmpty(model.replaceOne.replacement) ? undefined : model;
  }
  if (!("updateOne" in model) || Array.isArray(model.updateOne.update)) return model;
  const update = model.updateOne.update as Record<string, Record<string, unknown>>;
  const { $set: fields } = update;
  if (fields !== undefined) removeNulls(fields);
  if (isEmpty(fields)) delete update["$set"];
  return isEmpty(update) ? undefined : model;
}
