import type { AddressInfo } from "node:net";
import { ConfigError, ConnectError, type Logger } from "@millrace/connect-api";
import type { FastifyInstance } from "fastify";
import type { WorkerConfig } from "../config/worker-config.ts";
import { createApp } from "./app.ts";
import { advertised, type Listener, parseListener } from "./listener.ts";
import { parseHeaderRules } from "./response-headers.ts";
import type { Resources } from "./resources.ts";

/** How long requests under way get to finish when the server stops. */
const STOP_LIMIT_MS = 5_000;

/**
 * The REST API on all its listeners. It listens before the worker has started, so that
 * the port it got can be advertised; until `serve` is called nothing is found on it.
 */
export class RestServer implements AsyncDisposable {
  readonly #apps: readonly FastifyInstance[];
  /** The address others reach this worker by. */
  readonly advertised: Listener;
  readonly #served: Served;

  private constructor(apps: readonly FastifyInstance[], address: Listener, served: Served) {
    this.#apps = apps;
    this.advertised = address;
    this.#served = served;
  }

  /** @throws {ConnectError} naming a listener whose address cannot be had */
  static async listen(config: WorkerConfig, logger: Logger): Promise<RestServer> {
    const served: Served = { resources: undefined };
    const apps: FastifyInstance[] = [];
    try {
      const bound: Listener[] = [];
      for (const { listener, parts } of planListeners(config)) {
        const app = createApp({
          parts,
          resources: () => served.resources,
          logger,
          origins: config["access.control.allow.origin"],
          methods: config["access.control.allow.methods"],
          headerRules: parseHeaderRules(config["response.http.headers.config"]),
        });
        apps.push(app);
        const real = await listenOn(app, listener);
        if (parts.has("main")) bound.push(real);
      }
      return new RestServer(apps, advertised(config, bound), served);
    } catch (error) {
      await closeAll(apps);
      throw error;
    }
  }

  /** Begins to answer. */
  serve(resources: Resources): void {
    this.#served.resources = resources;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#apps);
  }
}

/** What all listeners answer with, once it is there. */
interface Served {
  resources: Resources | undefined;
}

interface Plan {
  readonly listener: Listener;
  readonly parts: ReadonlySet<"main" | "admin">;
}

function planListeners(config: WorkerConfig): Plan[] {
  const admin = config["admin.listeners"];
  const main = new Set<"main" | "admin">(admin === null ? ["main", "admin"] : ["main"]);
  const plans = [
    ...config.listeners.map((text) => ({ listener: parseListener(text), parts: main })),
    ...(admin ?? []).map((text) => ({
      listener: parseListener(text),
      parts: new Set<"main" | "admin">(["admin"]),
    })),
  ];
  const https = plans.find(({ listener }) => listener.scheme === "https");
  if (https === undefined) return plans;
  throw new ConfigError(
    "listeners",
    `https://${https.listener.host}:${https.listener.port}`,
    "this worker serves http only: put a proxy that does TLS before it",
  );
}

async function listenOn(app: FastifyInstance, listener: Listener): Promise<Listener> {
  const host = listener.host === "" ? "::" : listener.host;
  try {
    await app.listen({ host, port: listener.port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Machines without IPv6 have no such address.
    if (code === "EAFNOSUPPORT" && host === "::")
      return listenOn(app, { ...listener, host: "0.0.0.0" });
    const remedy = code === "EADDRINUSE" ? ". End what uses the port, or name another one" : "";
    throw new ConnectError(
      `The REST API cannot listen on ${listener.scheme}://${listener.host}:${listener.port} (listeners): ${message}${remedy}`,
      { cause: error },
    );
  }
  return { ...listener, port: (app.server.address() as AddressInfo).port };
}

/** Requests under way may finish, but not for long: they can hang on a plugin. */
async function closeAll(apps: readonly FastifyInstance[]): Promise<void> {
  await Promise.all(
    apps.map(async (app) => {
      const cut = setTimeout(() => app.server.closeAllConnections(), STOP_LIMIT_MS);
      try {
        app.server.closeIdleConnections();
        await app.close();
      } finally {
        clearTimeout(cut);
      }
    }),
  );
}
