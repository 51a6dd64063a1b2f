import { CONNECTOR_OPERATIONS } from "./connectors.ts";
import { MILLRACE_OPERATIONS } from "./millrace.ts";
import type { Answer, Method, Operation, Operations } from "./operation.ts";
import { WORKER_OPERATIONS } from "./worker.ts";

/** Everything that the REST API has. A route that is not told of here does not compile. */
export const API = {
  ...WORKER_OPERATIONS,
  ...CONNECTOR_OPERATIONS,
  ...MILLRACE_OPERATIONS,
} as const satisfies Operations;

export type Api = typeof API;

/** A call by its method and path, as `PUT /connectors/:name/config`. */
export type Call = { [Path in keyof Api]: `${keyof Api[Path] & string} ${Path}` }[keyof Api];

/** In the order in which they are told of. */
export function* operations(
  table: Operations = API,
): Generator<{ path: string; method: Method; operation: Operation }> {
  for (const [path, methods] of Object.entries(table)) {
    for (const [method, operation] of Object.entries(methods)) {
      yield { path, method: method as Method, operation };
    }
  }
}

/** The media types that a call is answered with where it succeeds. */
export function mediaTypes({ answers }: Operation): string[] {
  const types = Object.entries<Answer>(answers).flatMap(([status, { content = {} }]) =>
    Number(status) < 400 ? Object.keys(content) : [],
  );
  return types.length === 0 ? ["application/json"] : [...new Set(types)];
}
