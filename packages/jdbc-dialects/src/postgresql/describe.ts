import type { PostgresConnection } from "./client.ts";
import {
  type DescribedColumn,
  describeQuery,
  ERROR_RESPONSE,
  MessageSplitter,
  readError,
  READY_FOR_QUERY,
  readRowDescription,
  ROW_DESCRIPTION,
} from "./wire.ts";

/**
 * Asks the server which columns a query would give, without running it. Inside a
 * transaction this also locks the table against a change of its structure until the end.
 * @throws {ServerError} when the server refuses the query
 */
export async function describeColumns(
  connection: PostgresConnection,
  sql: string,
  parameterTypes: readonly number[],
): Promise<DescribedColumn[]> {
  return new Promise((resolve, reject) => {
    let columns: DescribedColumn[] = [];
    let failure: Error | undefined;
    const end = (error?: Error): void => {
      socket.removeListener("close", onClose);
      socket.removeListener("error", end);
      giveBack();
      if (error === undefined) resolve(columns);
      else reject(error);
    };
    const onClose = () => end(failure ?? new Error("The connection was lost"));
    const splitter = new MessageSplitter((type, bytes, start) => {
      if (type === ROW_DESCRIPTION) columns = readRowDescription(bytes, start);
      else if (type === ERROR_RESPONSE) failure = readError(bytes, start);
      else if (type === READY_FOR_QUERY) end(failure);
    });
    const { socket, giveBack } = connection.borrowSocket((chunk) => splitter.push(chunk));
    socket.once("close", onClose);
    socket.once("error", end);
    socket.write(describeQuery(sql, parameterTypes));
  });
}
