import { type HttpAnswer, isSuccess } from "../http/client.ts";
import { isTransientStatus } from "../http/status-codes.ts";
import type { SinkSettings } from "./settings.ts";

/**
 * What an answer means:
 * - `retry`: the same request may be taken later;
 * - `rejected`: it is for what some record of it has in it, so that others may be taken;
 * - `rejected-all`: it is for how they were asked for together: address, method, type;
 * - `refused`: whoever asks may not, or the address leads elsewhere; no record can help it.
 */
export type Outcome = "done" | "retry" | "rejected" | "rejected-all" | "refused";

const WHO_ASKS = new Set([401, 403, 407]);
/** Not found, method not allowed, not acceptable, gone, length required, URI too long, media type, header fields too large. */
const HOW_ASKED = new Set([404, 405, 406, 410, 411, 414, 415, 431]);

export function outcomeOf(
  { status }: HttpAnswer,
  { retry, url }: Pick<SinkSettings, "retry" | "url">,
): Outcome {
  if (isSuccess(status)) return "done";
  if (retry.statuses === null ? isTransientStatus(status) : retry.statuses.has(status)) {
    return "retry";
  }
  if (WHO_ASKS.has(status)) return "refused";
  // Nothing was delivered, though many servers answer 3xx to what they have thrown away.
  if (status < 400) return url.isStatic ? "refused" : "rejected-all";
  return HOW_ASKED.has(status) ? "rejected-all" : "rejected";
}
