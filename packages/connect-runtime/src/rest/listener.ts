import { networkInterfaces } from "node:os";
import { ConfigError } from "@millrace/connect-api";
import type { WorkerConfig } from "../config/worker-config.ts";

/** One entry of `listeners`. */
export interface Listener {
  readonly scheme: "http" | "https";
  /** Empty for all interfaces. */
  readonly host: string;
  readonly port: number;
}

/** @param text an entry that `listeners` was found to hold: scheme://host:port */
export function parseListener(text: string): Listener {
  const [, scheme, host, port] = /^(https?):\/\/(.*?):(\d+)\/?$/i.exec(text) as unknown as [
    string,
    string,
    string,
    string,
  ];
  return {
    scheme: scheme.toLowerCase() as Listener["scheme"],
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port),
  };
}

/**
 * The address others reach this worker by (Java: `RestServer.advertisedUrl`): what
 * `rest.advertised.*` says, otherwise the first http listener, else the first at all.
 * @param bound the listeners with the ports they really have
 */
export function advertised(config: WorkerConfig, bound: readonly Listener[]): Listener {
  const scheme = config["rest.advertised.listener"]?.toLowerCase();
  const listener =
    scheme === undefined
      ? (bound.find((one) => one.scheme === "http") ?? bound[0])
      : bound.find((one) => one.scheme === scheme);
  if (listener === undefined) {
    throw new ConfigError(
      "rest.advertised.listener",
      config["rest.advertised.listener"],
      "none of the listeners has this scheme",
    );
  }
  return {
    scheme: listener.scheme,
    host: config["rest.advertised.host.name"] ?? reachable(listener.host),
    port: config["rest.advertised.port"] ?? listener.port,
  };
}

/** `host:port`, as statuses name a worker. */
export function workerIdOf({ host, port }: Listener): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Listening on all interfaces, a worker is reached by the address of one of them. */
function reachable(host: string): string {
  if (host !== "" && host !== "0.0.0.0" && host !== "::") return host;
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  return outward?.address ?? "127.0.0.1";
}
