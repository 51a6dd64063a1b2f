import type { RestRequest } from "@millrace/connect-api";

const INTERNAL: ReadonlySet<string> = new Set([
  "POST /connectors/:name/tasks",
  "PUT /connectors/:name/fence",
]);

/**
 * Requests of workers to their leader. They carry no user: with `connect.protocol=sessioned` they
 * are signed with a key that only workers know, and the worker checks that (KIP-507).
 */
export function isInternal({ method, route }: RestRequest): boolean {
  return INTERNAL.has(`${method} ${route}`);
}
