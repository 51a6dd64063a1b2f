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
 * `rest.advertised.*` says, otherwise the first http listener, else the first at all. A scheme
 * that no listener has is that of a proxy, whose address must be given then.
 * @param bound the listeners with the ports they really have
 */
export function advertised(config: WorkerConfig, bound: readonly Listener[]): Listener {
  const wanted = config["rest.advertised.listener"]?.trim().toLowerCase();
  const listener = wanted
    ? bound.find((one) => one.scheme === wanted)
    : (bound.find((one) => one.scheme === "http") ?? bound[0]);
  const scheme = listener?.scheme ?? schemeOf(wanted);
  const host =
    config["rest.advertised.host.name"]?.trim() || (listener && reachable(listener.host));
  const port = config["rest.advertised.port"] ?? listener?.port;
  if (scheme !== undefined && host !== undefined && port !== undefined) {
    return { scheme, host, port };
  }
  throw new ConfigError(
    "rest.advertised.listener",
    wanted,
    "none of the listeners has this scheme: add one, or, where a proxy has it, set rest.advertised.host.name and rest.advertised.port",
  );
}

function schemeOf(text: string | undefined): Listener["scheme"] | undefined {
  return text === "http" || text === "https" ? text : undefined;
}

/** `host:port`, as statuses name a worker. */
export function workerIdOf({ host, port }: Listener): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function urlOf(listener: Listener): string {
  return `${listener.scheme}://${workerIdOf(listener)}`;
}

/** Listening on all interfaces, a worker is reached by the address of one of them. */
function reachable(host: string): string {
  if (host !== "" && host !== "0.0.0.0" && host !== "::") return host;
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  return outward?.address ?? "127.0.0.1";
}
