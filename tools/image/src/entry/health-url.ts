import { type Environment, workerKeys } from "./connect-env.ts";

const DEFAULT_LISTENERS = "http://:8083";

/**
 * Where a probe within the container asks.
 * @throws Error when only https is listened to: a certificate is not for 127.0.0.1
 */
export function healthUrl(env: Environment): string {
  if (env["HEALTH_URL"] !== undefined) return env["HEALTH_URL"];
  const listeners = workerKeys(env).get("listeners") ?? DEFAULT_LISTENERS;
  const http = listeners.split(",").find((listener) => /^\s*http:/i.test(listener));
  const port = /:(\d+)\s*$/.exec(http ?? "")?.[1];
  if (http === undefined || port === undefined) {
    throw new Error(
      `CONNECT_LISTENERS=${listeners} has no http listener to ask: name the worker's own address in HEALTH_URL, and its authority in NODE_EXTRA_CA_CERTS`,
    );
  }
  const host = http
    .trim()
    .replace(/^http:\/\//i, "")
    .replace(/:\d+$/, "");
  return `http://${["", "0.0.0.0", "[::]"].includes(host) ? "127.0.0.1" : host}:${port}/health`;
}
