import type { FastifyRequest } from "fastify";

/**
 * The address of a connector, seen from the client that asked. Encoded as JAX-RS does it:
 * slashes and escapes in the name stay as they are. Half a surrogate pair, which no URL can
 * hold, becomes a replacement character.
 */
export function connectorLocation(request: FastifyRequest, name: string): string {
  const path = encodeURI(Buffer.from(name).toString())
    .replaceAll("?", "%3F")
    .replaceAll("#", "%23")
    .replaceAll(/%25([0-9a-fA-F]{2})/g, "%$1");
  return `${request.protocol}://${request.host}/connectors/${path}`;
}
