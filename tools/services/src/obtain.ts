import { elasticsearchService } from "./elasticsearch.ts";
import { kafkaService } from "./kafka.ts";
import { postgresService } from "./postgres.ts";
import type { ServiceDefinition } from "./service.ts";

/** Every service by name. A new one is a file beside `kafka.ts` and a line here. */
export const SERVICES = {
  kafka: kafkaService,
  postgres: postgresService,
  elasticsearch: elasticsearchService,
} as const satisfies Record<string, ServiceDefinition>;

export type ServiceName = keyof typeof SERVICES;

export interface ObtainedService {
  readonly name: ServiceName;
  readonly address: string;
  /** Where it came from. */
  readonly origin: "environment" | "process";
  /** Ends what was started for it; an address from the environment is left alone. */
  close(): Promise<void>;
}

/**
 * Gives a running service: the one whose address the environment names, else
 * one started here.
 *
 * @throws Error that says what is missing to start it.
 */
export async function obtain(name: ServiceName): Promise<ObtainedService> {
  const definition: ServiceDefinition = SERVICES[name];
  const given = process.env[definition.variable];
  if (given !== undefined && given !== "") {
    return { name, address: given, origin: "environment", async close() {} };
  }
  const started = await definition.startProcess(false);
  return { name, address: started.address, origin: "process", close: () => started.close() };
}
