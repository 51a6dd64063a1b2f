import type { FastifyRequest } from "fastify";

/** Bodies as they came, for as long as their requests are worked on. */
const bodies = new WeakMap<FastifyRequest, Buffer>();

export function keepRawBody(request: FastifyRequest, body: Buffer): void {
  bodies.set(request, body);
}

/** The request's body byte by byte, which signatures are made of; empty when there was none. */
export function rawBody(request: FastifyRequest): Buffer {
  return bodies.get(request) ?? Buffer.alloc(0);
}
