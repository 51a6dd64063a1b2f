import type { AddressInfo } from "node:net";
import {
  type ConnectClusterState,
  ConnectError,
  type Logger,
  type Props,
} from "@millrace/connect-api";
import type { FastifyInstance } from "fastify";
import type { WorkerConfig } from "../config/worker-config.ts";
import { createApp } from "./app.ts";
import { type Capacity, Turns } from "./bounded-calls.ts";
import { clusterStateOf } from "./extensions/cluster-state.ts";
import type { RestExtensions } from "./extensions/rest-extensions.ts";
import { advertised, type Listener, parseListener } from "./listener.ts";
import { parseHeaderRules } from "./response-headers.ts";
import type { Patience } from "./http-server.ts";
import { renewedListenerTls } from "./tls.ts";
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
  /** All that it listens on, with the ports they really have; the admin listeners last. */
  readonly addresses: readonly Listener[];
  readonly #served: Served;
  readonly #extensions: RestExtensions | undefined;

  private constructor(
    apps: readonly FastifyInstance[],
    address: Listener,
    addresses: readonly Listener[],
    served: Served,
    extensions: RestExtensions | undefined,
  ) {
    this.#extensions = extensions;
    this.#apps = apps;
    this.advertised = address;
    this.addresses = addresses;
    this.#served = served;
  }

  /** @throws {ConnectError} naming a listener whose address cannot be had, or a key of its TLS */
  static async listen(
    config: WorkerConfig,
    logger: Logger,
    { props = {}, patience, capacity, audit = logger, loadExtensions }: ListenOptions = {},
  ): Promise<RestServer> {
    const served: Served = { resources: undefined };
    const apps: FastifyInstance[] = [];
    const turns = new Turns(capacity);
    const extensions = await loadExtensions?.(clusterStateOf(() => served.resources));
    try {
      const bound: Listener[] = [];
      const addresses: Listener[] = [];
      for (const { listener, parts } of planListeners(config)) {
        const app = createApp({
          parts,
          tls:
            listener.scheme === "https"
              ? renewedListenerTls(props, parts.has("main") ? "main" : "admin", logger)
              : undefined,
          patience,
          turns,
          extensions,
          audit,
          resources: () => served.resources,
          logger,
          origins: config["access.control.allow.origin"],
          methods: config["access.control.allow.methods"],
          headerRules: parseHeaderRules(config["response.http.headers.config"]),
        });
        apps.push(app);
        const real = await listenOn(app, listener);
        addresses.push(real);
        if (parts.has("main")) bound.push(real);
      }
      return new RestServer(apps, advertised(config, bound), addresses, served, extensions);
    } catch (error) {
      await closeAll(apps);
      await extensions?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Begins to answer. */
  serve(resources: Resources): void {
    this.#served.resources = resources;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#apps);
    await this.#extensions?.[Symbol.asyncDispose]();
  }
}

export interface ListenOptions {
  /** The worker's properties, of which those for TLS have prefixes. */
  readonly props?: Props;
  /** How slow clients may be; by default as slow as no honest one is. */
  readonly patience?: Patience | undefined;
  readonly capacity?: Capacity | undefined;
  /** Where changes are written down. */
  readonly audit?: Logger;
  /** Makes the REST extensions, which get what they may know of the cluster. */
  readonly loadExtensions?: (clusterState: ConnectClusterState) => Promise<RestExtensions>;
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
  return [
    ...config.listeners.map((text) => ({ listener: parseListener(text), parts: main })),
    ...(admin ?? []).map((text) => ({
      listener: parseListener(text),
      parts: new Set<"main" | "admin">(["admin"]),
    })),
  ];
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
