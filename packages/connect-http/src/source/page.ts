import { ConnectError } from "@millrace/connect-api";
import type { HttpAnswer } from "../http/client.ts";
import { shownUrl } from "../http/shown-url.ts";
import { parseExactly } from "./exact-json.ts";
import { scalarText } from "./locator.ts";
import { nextLink } from "./next-link.ts";
import type { SourceSettings } from "./settings.ts";

/** What an answer has in it. */
export interface Page {
  readonly items: readonly unknown[];
  /** What the answer itself says about the page after it; null when nothing. */
  readonly next: string | null;
}

const EMPTY: Page = { items: [], next: null };
const NO_CONTENT = new Set([204, 205, 304]);

/**
 * Reads an answer.
 * @throws {ConnectError} when it is not JSON, or has not what the configuration looks for
 */
export function readPage(answer: HttpAnswer, settings: SourceSettings): Page {
  const { pagination, records } = settings;
  const where = `The answer of ${shownUrl(answer.url)}`;
  const linked = pagination.type === "link-header" ? nextLink(answer.headers["link"]) : undefined;
  const link = linked === undefined ? null : address(linked, answer, where);
  if (NO_CONTENT.has(answer.status) || answer.body.trim() === "") return { ...EMPTY, next: link };
  const document = parsed(answer, where);
  const items = records.list(document);
  if (items === undefined) {
    throw new ConnectError(
      `${where} has nothing at ${records.text === "" ? "its top" : records.text}, where the configuration looks for records; a path like $.items[*] takes that for no records`,
    );
  }
  if (pagination.next === null) return { items, next: link };
  const found = pagination.next.one(document);
  if (found === undefined || found === null || found === "") return { items, next: null };
  const next = scalarText(found);
  if (next === undefined) {
    throw new ConnectError(`${where} has at ${pagination.next.text} neither text nor number`);
  }
  return { items, next: pagination.type === "next-url" ? address(next, answer, where) : next };
}

/** @throws {ConnectError} for a next page without a usable address */
function address(text: string, { url }: HttpAnswer, where: string): string {
  if (URL.canParse(text, url)) return new URL(text, url).href;
  throw new ConnectError(`${where} gives an address for the next page that is none`);
}

/** The parser's own message would show what the server says, whatever that is (I5). */
function parsed({ body, headers }: HttpAnswer, where: string): unknown {
  try {
    return parseExactly(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const type = headers["content-type"] ?? "none given";
    throw new ConnectError(`${where} is not JSON (its content-type: ${type})`);
  }
}
