import { ConnectError, DataError } from "@millrace/connect-api";
import type { HttpRequest } from "../http/client.ts";
import { shownUrl } from "../http/shown-url.ts";
import { before } from "./instant.ts";
import type { Position } from "./position.ts";
import type { SourceSettings } from "./settings.ts";

/** Pages are asked for by their address. */
export function hasAddresses({ pagination: { type } }: SourceSettings): boolean {
  return type === "link-header" || type === "next-url";
}

/**
 * The request for the page at a position.
 * @throws {ConnectError} when the server sends elsewhere for the next page
 */
export function pageRequest(
  settings: SourceSettings,
  entity: string,
  { page, since }: Pick<Position, "page" | "since">,
): HttpRequest {
  const { request, incremental, pagination } = settings;
  const from = sinceText(settings, since);
  const field = (reference: string): string => {
    switch (reference) {
      case "entity":
      case "entityName":
        return entity;
      case "page":
        return page ?? "";
      case "since":
        return from ?? "";
      case "offset":
        return (incremental === null ? page : from) ?? "";
      default:
        throw new DataError(`\${${reference}} is not known here`);
    }
  };
  const headers = {
    accept: "application/json",
    "accept-encoding": "gzip, deflate, br",
    ...settings.headers.render(field),
  };
  const body = request.body?.render((reference) => jsonPart(field(reference))) ?? null;
  if (page !== null && hasAddresses(settings)) {
    return { method: request.method, url: pageAddress(request.url.origin, page), headers, body };
  }
  const url = new URL(request.url.render(field));
  for (const [name, value] of request.parameters)
    url.searchParams.append(name, value.render(field));
  if (pagination.parameter !== null && page !== null && !hasAddresses(settings)) {
    url.searchParams.set(pagination.parameter, page);
  }
  if (incremental?.parameter && from !== null) url.searchParams.set(incremental.parameter, from);
  return { method: request.method, url: url.href, headers, body };
}

function sinceText({ incremental }: SourceSettings, since: string | null): string | null {
  if (incremental === null) return null;
  const { type, initial, format, overlapMs } = incremental;
  if (since === null) return initial;
  return type === "timestamp" ? before(since, format, overlapMs) : since;
}

/** Inside the quotes of a JSON text. */
function jsonPart(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The server chooses where the next page is, but not whom it is asked of: credentials go along (I5). */
function pageAddress(origin: string, page: string): string {
  const url = new URL(page);
  if (url.origin === origin) return url.href;
  throw new ConnectError(
    `The next page is said to be at ${shownUrl(page)}, which is not the host of the configuration (${origin}); it is not asked`,
  );
}
