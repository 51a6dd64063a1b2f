/** How long a health check waits (Java: `RestRequestTimeout.healthCheckTimeoutMs`). */
const LIMIT_MS = 10_000;

/** Whether a worker does its work (KIP-1017; Java: `WorkerStatus`). */
export interface Health {
  readonly status: "healthy" | "starting" | "unhealthy";
  readonly message: string;
}

/** What a load balancer goes by. */
export const HTTP_STATUS_OF: Readonly<Record<Health["status"], number>> = {
  healthy: 200,
  starting: 503,
  unhealthy: 500,
};

const HEALTHY: Health = {
  status: "healthy",
  message: "Worker has completed startup and is ready to handle requests.",
};

export interface HealthCheck {
  /** Goes the way of all requests and does nothing: resolves when the worker gets round to it. */
  readonly probe: () => Promise<unknown>;
  /** Whether the worker has ever been ready. */
  readonly isReady: () => boolean;
  /** A sentence about what the worker is doing. */
  readonly stage: () => string | undefined;
  readonly limitMs?: number;
}

/** Finds out how a worker does by asking it for something (Java: `RootResource.healthCheck`). */
export async function checkHealth(check: HealthCheck): Promise<Health> {
  const { probe, isReady, stage, limitMs = LIMIT_MS } = check;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limitMs);
  });
  try {
    if ((await Promise.race([probe(), late])) !== "late") return HEALTHY;
    return isReady() ? unhealthy(stage()) : starting(stage());
  } catch (error) {
    return unhealthy((error as Error).message);
  } finally {
    clearTimeout(timer);
  }
}

function starting(details: string | undefined): Health {
  return { status: "starting", message: sentences("Worker is still starting up.", details) };
}

function unhealthy(details: string | undefined): Health {
  const base =
    "Worker was unable to handle this request and may be unable to handle other requests.";
  return { status: "unhealthy", message: sentences(base, details) };
}

function sentences(base: string, details: string | undefined): string {
  return details ? `${base} ${details}` : base;
}
