import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findJava, requireModules } from "./java.ts";
import { unpackedFromMaven } from "./maven.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";
import { makeOwnedFolder, unprivilegedUser } from "./unprivileged.ts";

export const ELASTICSEARCH_VERSION = "8.19.21";
const HOST = "127.0.0.1";
const HEALTH = "/_cluster/health?wait_for_status=yellow&timeout=1s";

export interface ElasticsearchOptions {
  /** Settings as in elasticsearch.yml. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Java heap in MiB. Default 512. */
  readonly heapMb?: number;
  /** The port to listen on if it is free. Default: any free one. */
  readonly preferredPort?: number;
}

/** A server whose port and data stay the same over stop, kill and start. */
export interface Elasticsearch extends OwnedServer {
  /** `http://127.0.0.1:22001` */
  readonly url: string;
}

/**
 * Starts a one-node Elasticsearch of its own on a free loopback port, without
 * security. It is the distribution that plugin builds test against: the server
 * with few modules, so `GET /`, data streams and ILM are missing. It ends with
 * this process.
 *
 * @throws Error that says what is missing (Java, Maven), or with the end of the log.
 */
export async function startElasticsearch(
  options: ElasticsearchOptions = {},
): Promise<Elasticsearch> {
  const java = await findJava();
  await requireModules(java, ["jdk.jdi"], "Elasticsearch");
  const home = await install();
  const folder = makeRunFolder("elasticsearch");
  const work = await makeOwnedFolder(join(folder.path, "work"));
  const [httpPort, transportPort] = (await reservePorts(2, options.preferredPort)) as [
    number,
    number,
  ];
  const url = `http://${HOST}:${httpPort}`;
  await configure(work, { ...defaults(work, httpPort, transportPort), ...options.settings });
  const command: ServerCommand = {
    name: `Elasticsearch at ${url}`,
    command: join(home, "bin", "elasticsearch"),
    args: [],
    cwd: work,
    env: {
      PATH: process.env["PATH"],
      ES_JAVA_HOME: java.home,
      ES_JAVA_OPTS: `-Xms${options.heapMb ?? 512}m -Xmx${options.heapMb ?? 512}m`,
      // For the launcher, a JVM beside the server that only waits for its end.
      CLI_JAVA_OPTS: "-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
      ES_PATH_CONF: join(work, "config"),
      // Not `work`: the server refuses temporary files around its config.
      ES_TMPDIR: await makeOwnedFolder(join(work, "tmp")),
    },
    user: unprivilegedUser(),
    logFile: folder.logFile("server"),
    ready: () => isHealthy(url),
  };
  const server = new OwnedServer(command, folder, [httpPort, transportPort]);
  await server.open();
  return Object.assign(server, { url });
}

async function install(): Promise<string> {
  const folder = await unpackedFromMaven(
    `elasticsearch-${ELASTICSEARCH_VERSION}`,
    `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${ELASTICSEARCH_VERSION}:zip`,
  );
  return join(folder, `elasticsearch-${ELASTICSEARCH_VERSION}`);
}

function defaults(work: string, httpPort: number, transportPort: number) {
  return {
    "discovery.type": "single-node",
    "network.host": HOST,
    "http.port": httpPort,
    "transport.port": transportPort,
    "path.data": join(work, "data"),
    "path.logs": join(work, "logs"),
    "xpack.security.enabled": false,
    // A nearly full disk would make every index read-only.
    "cluster.routing.allocation.disk.threshold_enabled": false,
  };
}

/** Everything goes to the console, hence to our log file. */
const LOG_CONFIG = `appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}] %p %c{1.} %m%consoleException%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

async function configure(
  work: string,
  settings: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const config = await makeOwnedFolder(join(work, "config"));
  const lines = Object.entries(settings).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}\n`,
  );
  await writeFile(join(config, "elasticsearch.yml"), lines.join(""));
  await writeFile(join(config, "log4j2.properties"), LOG_CONFIG);
  await writeFile(
    join(config, "jvm.options"),
    "-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n-Djava.io.tmpdir=${ES_TMPDIR}\n",
  );
  await mkdir(join(config, "jvm.options.d"));
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}${HEALTH}`, {
      signal: AbortSignal.timeout(5000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // refused or silent: not ready
  }
}

export const elasticsearchService: ServiceDefinition = {
  variable: "ELASTICSEARCH_URL",
  usualPort: 9200,
  container: ({ host, port }) => ({
    image: `elasticsearch:${ELASTICSEARCH_VERSION}`,
    port: 9200,
    environment: {
      "discovery.type": "single-node",
      "xpack.security.enabled": "false",
      "cluster.routing.allocation.disk.threshold_enabled": "false",
      ES_JAVA_OPTS: "-Xms512m -Xmx512m",
    },
    ready: { path: HEALTH },
    address: `http://${host}:${port}`,
  }),
  install,
  async startProcess(preferredPort) {
    const elasticsearch = await startElasticsearch(
      preferredPort === undefined ? {} : { preferredPort },
    );
    return elasticsearch.asService(elasticsearch.url);
  },
};
