import {
  type ConnectionOptions,
  HttpConnection,
  Transport,
  UndiciConnection,
  WeightedConnectionPool,
} from "@elastic/transport";
import type { Config } from "../config/config.ts";
import { credentials } from "./credentials.ts";
import { parseNodes } from "./nodes.ts";
import { proxyUrl } from "./proxy.ts";
import { tlsSettings } from "./tls.ts";

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
  const proxy = proxyUrl(config);
  const connectionPool = new WeightedConnectionPool({
    Connection: proxy === undefined ? UndiciConnection : HttpConnection,
  });
  const timeout = config["read.timeout.ms"];
  const auth = credentials(config);
  const way = proxy === undefined ? direct(config) : { proxy, tls: tlsSettings(config) };
  const { nodes } = parseNodes(config["connection.url"]);
  connectionPool.addConnection(
    nodes.map((url) => ({ url, timeout, ...way, ...(auth !== undefined && { auth }) })),
  );
  const transport = new Transport({
    connectionPool,
    maxRetries: 0,
    requestTimeout: timeout,
    compression: config["connection.compression"],
  });
  return { transport, close: () => connectionPool.empty() };
}

function direct(config: Config): Pick<ConnectionOptions, "agent"> {
  // A variable: the driver hands `connect` to undici as it is, but its type leaves it out.
  const agent = {
    connect: { timeout: config["connection.timeout.ms"], ...tlsSettings(config) },
    keepAliveTimeout: config["max.connection.idle.time.ms"],
    keepAliveMaxTimeout: config["max.connection.idle.time.ms"],
  };
  return { agent };
}
