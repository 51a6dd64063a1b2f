import type { FastifyReply, FastifyRequest } from "fastify";

const LONGEST_LOCATION = 8_000;

/** Tells a client the address of the connector it has made. */
export function locate(request: FastifyRequest, reply: FastifyReply, name: string): void {
  const location = connectorLocation(request, name);
  // Clients give up on an answer with longer headers, and would not hear that it was created.
  if (location.length <= LONGEST_LOCATION) reply.header("location", location);
}

/**
 * The address of a connector, seen from the client that asked. Encoded as JAX-RS does it:
 * slashes and escapes in the name stay as they are. Half a surrogate pair, which no URL can
 * hold, becomes a replacement character.
 */
function connectorLocation(request: FastifyRequest, name: string): string {
  const path = encodeURI(Buffer.from(name).toString())
    .replaceAll("?", "%3F")
    .replaceAll("#", "%23")
    .replaceAll(/%25([0-9a-fA-F]{2})/g, "%$1");
  return `${request.protocol}://${request.host}/connectors/${path}`;
}
