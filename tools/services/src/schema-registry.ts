import { join } from "node:path";
import { QUICK_START } from "./java-program.ts";
import { findJava } from "./java.ts";
import { unpackedFromMaven } from "./maven.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";

/** Of Apicurio Registry, the last one that takes all three formats by Confluent's API. */
export const SCHEMA_REGISTRY_VERSION = "3.0.9";
const HOST = "127.0.0.1";
/** Where Apicurio speaks Confluent's API. */
const API = "/apis/ccompat/v7";

/** A registry that keeps its schemas in memory: they are gone when it ends. */
export interface SchemaRegistry extends OwnedServer {
  /** `http://127.0.0.1:22001/apis/ccompat/v7` */
  readonly url: string;
}

/**
 * Starts a schema registry of its own, Apicurio with Confluent's API, on a free loopback
 * port. It ends with this process.
 *
 * @throws Error that says what is missing (Java, Maven), or with the end of the log.
 */
export async function startSchemaRegistry(preferredPort?: number): Promise<SchemaRegistry> {
  const java = await findJava();
  const home = await install();
  const folder = makeRunFolder("schema-registry");
  const [port] = (await reservePorts(1, preferredPort)) as [number];
  const url = `http://${HOST}:${port}${API}`;
  const command: ServerCommand = {
    name: `Schema registry at ${url}`,
    command: java.command,
    args: [
      ...QUICK_START,
      "-Xmx256m",
      `-Dquarkus.http.host=${HOST}`,
      `-Dquarkus.http.port=${port}`,
      "-Dquarkus.http.access-log.enabled=false",
      "-Dapicurio.storage.kind=sql",
      "-Dapicurio.storage.sql.kind=h2",
      "-jar",
      join(home, `apicurio-registry-app-${SCHEMA_REGISTRY_VERSION}-runner.jar`),
    ],
    cwd: folder.path,
    logFile: folder.logFile("server"),
    ready: () => answers(url),
  };
  const server = new OwnedServer(command, folder, [port]);
  await server.open();
  return Object.assign(server, { url });
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // refused or silent: not ready
  }
}

function install(): Promise<string> {
  return unpackedFromMaven(
    `apicurio-registry-${SCHEMA_REGISTRY_VERSION}`,
    `io.apicurio:apicurio-registry-app:${SCHEMA_REGISTRY_VERSION}:tar.gz:all`,
    `io.apicurio:apicurio-registry:${SCHEMA_REGISTRY_VERSION}`,
  );
}

export const schemaRegistryService: ServiceDefinition = {
  variable: "SCHEMA_REGISTRY_URL",
  usualPort: 8081,
  container: ({ host, port }) => ({
    image: `apicurio/apicurio-registry:${SCHEMA_REGISTRY_VERSION}`,
    port: 8080,
    environment: {},
    ready: { path: `${API}/subjects` },
    address: `http://${host}:${port}${API}`,
  }),
  install,
  async startProcess(preferredPort) {
    const registry = await startSchemaRegistry(preferredPort);
    return registry.asService(registry.url);
  },
};
