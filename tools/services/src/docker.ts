import type { ContainerRuntimeClient } from "testcontainers";
import { reservePorts, releasePorts } from "./ports.ts";
import type { StartedService } from "./service.ts";

/** A service as a container. */
export interface ContainerPlan {
  readonly image: string;
  /** Where the server listens inside. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** A path that answers over HTTP, or a line of its log and how often it comes, when it is ready. */
  readonly ready: { readonly path: string } | { readonly line: RegExp; readonly times: number };
  /** What clients connect to. */
  readonly address: string;
}

/** Where clients will find a container's port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

let client: Promise<ContainerRuntimeClient | undefined> | undefined;

/** The Docker engine of this machine, if one answers. */
export function findDocker(): Promise<ContainerRuntimeClient | undefined> {
  client ??= connect();
  return client;
}

async function connect(): Promise<ContainerRuntimeClient | undefined> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  try {
    return await getContainerRuntimeClient();
  } catch {
    return undefined; // no engine is an ordinary thing
  }
}

/**
 * Starts a container on a port that is known beforehand, since Kafka has to
 * announce it. testcontainers' own helper removes it when this process dies,
 * unless it is to outlive us.
 */
export async function startContainer(
  docker: ContainerRuntimeClient,
  planFor: (endpoint: Endpoint) => ContainerPlan,
  outlivesUs: boolean,
  preferredPort?: number,
): Promise<StartedService> {
  const { GenericContainer, Wait } = await import("testcontainers");
  const [port] = (await reservePorts(1, preferredPort)) as [number];
  const plan = planFor({ host: docker.info.containerRuntime.host, port });
  const container = new GenericContainer(plan.image)
    .withExposedPorts({ container: plan.port, host: port })
    .withEnvironment({ ...plan.environment })
    .withAutoCleanup(!outlivesUs)
    .withWaitStrategy(
      "path" in plan.ready
        ? Wait.forHttp(plan.ready.path, plan.port)
        : Wait.forLogMessage(plan.ready.line, plan.ready.times),
    );
  if (plan.command !== undefined) container.withCommand([...plan.command]);
  const started = await container.start();
  return {
    origin: "docker",
    address: plan.address,
    pids: [],
    logFiles: [],
    folder: undefined,
    container: started.getId(),
    async letGo() {}, // decided at the start, by withAutoCleanup
    async close() {
      await started.stop();
      await releasePorts([port]);
    },
  };
}

/** Removes a container that another process started. */
export async function removeContainer(id: string): Promise<void> {
  const docker = await findDocker();
  if (docker === undefined) throw new Error(`Docker does not answer, so container ${id} stays.`);
  await docker.container.getById(id).remove({ force: true, v: true });
}

/** Whether a container that another process started still runs. */
export async function containerRuns(id: string): Promise<boolean> {
  const docker = await findDocker();
  const all = (await docker?.container.list()) ?? [];
  return all.some((container) => container.Id === id && container.State === "running");
}
