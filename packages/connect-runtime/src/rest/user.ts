import type { FastifyRequest } from "fastify";
import { clientSubject } from "./http-server.ts";

/** Who asks, where a filter has found out, for as long as the request is worked on. */
const users = new WeakMap<FastifyRequest, string>();

export function setUser(request: FastifyRequest, user: string): void {
  users.set(request, user);
}

/** Who asks: as a filter said, else by the client's certificate; undefined when nobody knows. */
export function userOf(request: FastifyRequest): string | undefined {
  return users.get(request) ?? clientSubject(request.raw);
}
