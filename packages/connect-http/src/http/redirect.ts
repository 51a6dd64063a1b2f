import type { HttpRequest } from "./client.ts";

/** What says nothing about who asks; everything else stays with the host that it was meant for. */
const HARMLESS = new Set(["accept", "accept-encoding", "content-encoding", "content-type"]);

/**
 * The request that a redirect asks for; undefined where it is not to be followed: a method
 * that writes is repeated only where the status says that it may be (307, 308), and nothing
 * that was asked for over TLS is asked for without. To another host no headers go along
 * that may be credentials.
 */
export function redirected(
  request: HttpRequest,
  status: number,
  location: string | undefined,
): HttpRequest | undefined {
  if (location === undefined || !URL.canParse(location, request.url)) return undefined;
  const reads = request.method === "GET" || request.method === "HEAD";
  const keeps = status === 307 || status === 308;
  if (!keeps && !(reads && (status === 301 || status === 302 || status === 303))) return undefined;
  const from = new URL(request.url);
  const to = new URL(location, from);
  if (to.protocol !== "https:" && (to.protocol !== "http:" || from.protocol === "https:")) {
    return undefined;
  }
  to.username = "";
  to.password = "";
  const headers =
    to.origin === from.origin
      ? request.headers
      : Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => HARMLESS.has(name.toLowerCase())),
        );
  return { ...request, url: to.href, headers };
}
