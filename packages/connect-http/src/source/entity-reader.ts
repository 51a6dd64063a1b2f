import {
  ConnectError,
  isConnectError,
  type Logger,
  type SourceOffset,
  type SourcePartition,
  SourceRecord,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import type { Authorization } from "../http/authorization.ts";
import { backoffMs } from "../http/backoff.ts";
import { type HttpAnswer, type HttpClient, isSuccess } from "../http/client.ts";
import { RequestError } from "../http/request-error.ts";
import { shownUrl } from "../http/shown-url.ts";
import { isTransientStatus } from "../http/status-codes.ts";
import { jsonText } from "../json-text.ts";
import { advance, type Fresh, type Walk } from "./advance.ts";
import { instantMs } from "./instant.ts";
import { scalarText } from "./locator.ts";
import type { Pace } from "./pace.ts";
import { readPage } from "./page.ts";
import { type Position, toOffset } from "./position.ts";
import { hasAddresses, pageRequest } from "./request.ts";
import type { SourceSettings } from "./settings.ts";

const NOT_MODIFIED = 304;

export interface EntityReaderOptions {
  readonly settings: SourceSettings;
  readonly entity: string;
  readonly position: Position;
  readonly partition: SourcePartition;
  readonly client: HttpClient;
  readonly authorization: Authorization;
  readonly pace: Pace;
  readonly logger: Logger;
}

/** Reads one entity, page by page, for ever. */
export class EntityReader {
  readonly #options: EntityReaderOptions;
  readonly #topic: string;
  #position: Position;
  #walk: Walk;
  /** Pages asked for since the list began: one that comes again is a circle. */
  readonly #asked = new Set<string>();
  #lastBody = "";
  #failures = 0;
  #isRenewed = false;
  #dueAt = 0;

  constructor(options: EntityReaderOptions) {
    this.#options = options;
    this.#topic = options.settings.topic.render(() => options.entity);
    this.#position = options.position;
    this.#walk = { page: options.position.page, unsure: undefined, full: 0 };
  }

  /** When the next page is to be asked for, as `Date.now()`. */
  get dueAt(): number {
    return Math.max(this.#dueAt, this.#options.pace.notBefore);
  }

  /**
   * Asks for the next page.
   * @returns its records; none also where the server is to be asked again later
   * @throws {ConnectError} when it can't go on; the signal's reason when it is aborted, and
   *   then nothing has moved
   */
  async next(signal: AbortSignal): Promise<SourceRecord[]> {
    try {
      const answer = await this.#ask(signal);
      this.#failures = 0;
      this.#isRenewed = false;
      return this.#take(answer);
    } catch (error) {
      if (signal.aborted || !isConnectError(error)) throw error;
      this.#failed(error);
      return [];
    }
  }

  /** @throws {RequestError} when there is no answer, or it is not one with records */
  async #ask(signal: AbortSignal): Promise<HttpAnswer> {
    const { settings, entity, client, authorization, pace } = this.#options;
    const credentials = await authorization.header(signal);
    const page = this.#walk.page ?? (hasAddresses(settings) ? null : settings.pagination.first);
    const request = pageRequest(settings, entity, { page, since: this.#position.since });
    const headers =
      credentials === null ? request.headers : { ...request.headers, authorization: credentials };
    pace.requested();
    const answer = await client.get({ ...request, headers }, settings.maxBytes, signal);
    pace.answered(answer);
    const { status, url, body } = answer;
    if (isSuccess(status) || status === NOT_MODIFIED) return answer;
    const text = body.trim();
    const mayRenew = authorization.refused(credentials, status) && !this.#isRenewed;
    if (mayRenew) this.#isRenewed = true;
    const { statuses } = settings.retry;
    const isTransient =
      mayRenew || (statuses === null ? isTransientStatus(status) : statuses.has(status));
    throw new RequestError(
      `${request.method} ${shownUrl(url)} answers ${status}${text === "" ? "" : `: ${text}`}`,
      { transient: isTransient, sent: true },
    );
  }

  #take(answer: HttpAnswer): SourceRecord[] {
    const { settings } = this.#options;
    const page = readPage(answer, settings);
    this.#refuseCircles(answer, page.items.length);
    const asked = this.#walk.page ?? "";
    const step = advance(settings, this.#position, this.#walk, page);
    this.#position = step.position;
    this.#walk = step.walk;
    this.#asked.add(asked);
    this.#lastBody = answer.body;
    if (step.walk.page === step.walk.unsure) this.#forget(asked, step.walk.page ?? "");
    if (step.isEnd) {
      this.#asked.clear();
      this.#lastBody = "";
      this.#dueAt = Date.now() + settings.intervalMs;
    }
    const before = toOffsets();
    return step.fresh.map((fresh) => this.#record(fresh, before(fresh.position)));
  }

  #record({ item, at }: Fresh, sourceOffset: SourceOffset): SourceRecord {
    const { settings, partition: sourcePartition } = this.#options;
    const found = settings.key?.one(item);
    const key =
      found === undefined || found === null
        ? null
        : (scalarText(found) ?? jsonText(null, found, "NUMERIC"));
    const isText = settings.valueFormat === "string";
    return new SourceRecord({
      topic: this.#topic,
      sourcePartition,
      sourceOffset,
      keySchema: key === null ? null : STRING_SCHEMA,
      key,
      valueSchema: isText ? STRING_SCHEMA : null,
      value: isText ? jsonText(null, item, "NUMERIC") : item,
      timestamp: at === undefined ? null : instantMs(at),
    });
  }

  /** Pages that are asked for again for a reason. */
  #forget(...pages: readonly string[]): void {
    for (const page of pages) this.#asked.delete(page);
    this.#lastBody = "";
  }

  /** A server that pays no heed to which page is asked for would be read for ever. */
  #refuseCircles({ body, url }: HttpAnswer, count: number): void {
    const { pagination, incremental } = this.#options.settings;
    if (pagination.type === "none" || incremental?.type === "chaining") return;
    const page = this.#walk.page ?? "";
    const isRepeated = count > 0 && body === this.#lastBody && this.#asked.size > 0;
    if (this.#asked.has(page) || (isRepeated && pagination.type === "page")) {
      throw new ConnectError(
        `The pages of ${shownUrl(url)} go in a circle: page ${page === "" ? "1" : shownPage(page)} was there before. Check the pagination.* keys`,
      );
    }
  }

  /** @throws {ConnectError} when there is no use in asking again */
  #failed(error: ConnectError): void {
    const { settings, logger } = this.#options;
    const { max, backoffMs: baseMs, maxBackoffMs, onFailure } = settings.retry;
    const isTransient = error instanceof RequestError && error.transient;
    if (isTransient && this.#failures < max) {
      const waitMs = backoffMs(baseMs, maxBackoffMs, this.#failures++);
      this.#dueAt = Date.now() + waitMs;
      logger.warn(`${error.message}; it is asked again`);
      return;
    }
    const tries = this.#failures > 0 ? `; given up after ${this.#failures + 1} attempts` : "";
    if (onFailure === "fail") throw new ConnectError(`${error.message}${tries}`, { cause: error });
    // The page is asked for again: what it has is late, not lost (I4).
    logger.error(`${error.message}${tries}; the same page is asked for after the interval`);
    this.#failures = 0;
    this.#isRenewed = false;
    this.#dueAt = Date.now() + settings.intervalMs;
  }
}

/** Each position becomes one offset object, which its records share. */
function toOffsets(): (position: Position) => SourceOffset {
  const offsets = new Map<Position, SourceOffset>();
  return (position) => {
    let offset = offsets.get(position);
    if (offset === undefined) {
      offset = toOffset(position);
      offsets.set(position, offset);
    }
    return offset;
  };
}

function shownPage(page: string): string {
  return URL.canParse(page) ? shownUrl(page) : page.slice(0, 100);
}
