import { findDocker, startContainer } from "./docker.ts";
import { elasticsearchService } from "./elasticsearch.ts";
import { kafkaService } from "./kafka.ts";
import { minioService } from "./minio.ts";
import { mariadbService, mysqlService } from "./mysql.ts";
import { openSearchService } from "./opensearch.ts";
import { mongoService } from "./mongo.ts";
import { postgresService } from "./postgres.ts";
import { schemaRegistryService } from "./schema-registry.ts";
import type { ServiceDefinition, StartedService } from "./service.ts";

/** Every service by name. A new one is a file beside `kafka.ts` and a line here. */
export const SERVICES = {
  kafka: kafkaService,
  postgres: postgresService,
  mysql: mysqlService,
  mariadb: mariadbService,
  elasticsearch: elasticsearchService,
  "schema-registry": schemaRegistryService,
  minio: minioService,
  opensearch: openSearchService,
  mongo: mongoService,
} as const satisfies Record<string, ServiceDefinition>;

export type ServiceName = keyof typeof SERVICES;

export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];

export interface ObtainedService {
  readonly name: ServiceName;
  readonly address: string;
  readonly origin: "environment" | "docker" | "process";
  /** Ends what was started for it; an address from the environment is left alone. */
  close(): Promise<void>;
}

/**
 * Gives a running service: the one whose address the environment names, else a
 * container where a Docker engine answers, else a process of this machine. What
 * it starts ends with this process.
 *
 * @throws Error that says what is missing to start it.
 */
export async function obtain(name: ServiceName): Promise<ObtainedService> {
  const given = givenAddress(name);
  if (given !== undefined) {
    return { name, address: given, origin: "environment", async close() {} };
  }
  return { name, ...(await startService(name, false)) };
}

/**
 * Downloads or builds what a service needs to be started here, so that who asks for it later
 * does not wait. Nothing to do where the environment names one, or a Docker engine answers.
 *
 * @throws Error that says what is missing.
 */
export async function installService(name: ServiceName): Promise<void> {
  if (givenAddress(name) !== undefined || (await findDocker()) !== undefined) return;
  await SERVICES[name].install();
}

/** The address that the environment holds for a service. */
export function givenAddress(name: ServiceName): string | undefined {
  const address = process.env[SERVICES[name].variable];
  return address === "" ? undefined : address;
}

/** Starts a service, by Docker if it can be, else as a process. */
export async function startService(
  name: ServiceName,
  outlivesUs: boolean,
): Promise<StartedService> {
  const definition: ServiceDefinition = SERVICES[name];
  // What outlives us is for people, who like to know the port beforehand.
  const preferredPort = outlivesUs ? definition.usualPort : undefined;
  const docker = await findDocker();
  if (docker !== undefined) {
    try {
      return await startContainer(docker, definition.container, outlivesUs, preferredPort);
    } catch (error) {
      // An engine that cannot get the image must not keep us from the server.
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`Docker answers but gave no ${name} (${why}): starting a process.\n`);
    }
  }
  return await definition.startProcess(preferredPort);
}
