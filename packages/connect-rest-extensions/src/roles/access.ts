import type { RestRequest } from "@millrace/connect-api";

/** What somebody may do, each with all that stands before it. */
export const ROLES = ["view", "operate", "edit", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Where a role must be held. */
export type Scope =
  /** For the connector that the request is about. */
  | "connector"
  /** For some connectors, whichever. */
  | "some"
  /** For all connectors. */
  | "all";

export interface Access {
  readonly role: Role;
  readonly scope: Scope;
}

/** What each request takes. What is not here takes `admin` for all connectors. */
const ACCESS: Readonly<Record<string, readonly [Role, Scope]>> = {
  "GET /": ["view", "some"],
  "GET /health": ["view", "some"],
  "GET /connector-plugins": ["view", "some"],
  "GET /connector-plugins/:plugin/config": ["view", "some"],
  "GET /millrace/connector-plugins/:plugin/schema": ["view", "some"],
  "GET /millrace/openapi.json": ["view", "some"],
  // It runs the plugin with whatever configuration was sent.
  "PUT /connector-plugins/:plugin/config/validate": ["edit", "some"],

  // Tells of all connectors.
  "GET /metrics": ["view", "all"],

  // These show those that may be viewed.
  "GET /connectors": ["view", "some"],
  "GET /millrace/events": ["view", "some"],
  "GET /millrace/health": ["view", "some"],
  "GET /connectors/:name": ["view", "connector"],
  "GET /connectors/:name/config": ["view", "connector"],
  "GET /connectors/:name/offsets": ["view", "connector"],
  "GET /connectors/:name/status": ["view", "connector"],
  "GET /connectors/:name/tasks": ["view", "connector"],
  "GET /connectors/:name/tasks/:task/status": ["view", "connector"],
  "GET /connectors/:name/topics": ["view", "connector"],
  "GET /millrace/connectors/:name/events": ["view", "connector"],
  "GET /millrace/connectors/:name/health": ["view", "connector"],
  "GET /millrace/connectors/:name/logs": ["view", "connector"],

  "PUT /connectors/:name/pause": ["operate", "connector"],
  "PUT /connectors/:name/resume": ["operate", "connector"],
  "PUT /connectors/:name/stop": ["operate", "connector"],
  "POST /connectors/:name/restart": ["operate", "connector"],
  "POST /connectors/:name/tasks/:task/restart": ["operate", "connector"],
  "PUT /connectors/:name/topics/reset": ["operate", "connector"],

  "POST /connectors": ["edit", "connector"],
  // It reads what the connector would read.
  "POST /millrace/dry-run": ["edit", "connector"],
  "DELETE /connectors/:name": ["edit", "connector"],
  "PUT /connectors/:name/config": ["edit", "connector"],
  "PATCH /connectors/:name/config": ["edit", "connector"],
  "DELETE /connectors/:name/offsets": ["edit", "connector"],
  "PATCH /connectors/:name/offsets": ["edit", "connector"],
};

export function accessOf({ method, route }: Pick<RestRequest, "method" | "route">): Access {
  // They tell no more than the path itself, and what GET would.
  if (method === "OPTIONS") return { role: "view", scope: "some" };
  const key = `${method === "HEAD" ? "GET" : method} ${route}`;
  const [role, scope] = Object.hasOwn(ACCESS, key) ? ACCESS[key]! : (["admin", "all"] as const);
  return { role, scope };
}

/** Whether the connector is known only from the request's body. */
export function needsBody({ method, route }: Pick<RestRequest, "method" | "route">): boolean {
  return method === "POST" && (route === "/connectors" || route === "/millrace/dry-run");
}
