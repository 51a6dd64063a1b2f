import { Transport, UndiciConnection, WeightedConnectionPool } from "@elastic/transport";
import type { Config } from "../config/config.ts";
import { credentials } from "./credentials.ts";
import { parseNodes } from "./nodes.ts";

/** The driver, and what closes its connections. */
export interface Connections {
  readonly transport: Transport;
  /** Closes all connections once their requests have ended. */
  close(): Promise<void>;
}

/**
 * The transport of the official clients: it speaks to the nodes in turn and to failed ones
 * less often. The client around it would ask every answer for being Elasticsearch's, and
 * its media types are those of Elasticsearch alone; plain JSON every server understands.
 */
export function connect(config: Config): Connections {
  const connectionPool = new WeightedConnectionPool({ Connection: UndiciConnection });
  const timeout = config["read.timeout.ms"];
  const auth = credentials(config);
  // A variable: the driver hands `connect` to undici as it is, but its type leaves it out.
  const agent = {
    connect: { timeout: config["connection.timeout.ms"] },
    keepAliveTimeout: config["max.connection.idle.time.ms"],
    keepAliveMaxTimeout: config["max.connection.idle.time.ms"],
  };
  const { nodes } = parseNodes(config["connection.url"]);
  connectionPool.addConnection(
    nodes.map((url) => ({
      url,
      agent,
      timeout,
      ...(auth !== undefined && { auth }),
    })),
  );
  const transport = new Transport({
    connectionPool,
    maxRetries: 0,
    requestTimeout: timeout,
    compression: config["connection.compression"],
  });
  return { transport, close: () => connectionPool.empty() };
}
