import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ConnectError, type ErrantRecordReporter, type Logger } from "@millrace/connect-api";
import type { Authorization } from "../http/authorization.ts";
import { backoffMs } from "../http/backoff.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/client.ts";
import { pause } from "../http/pause.ts";
import { RequestError } from "../http/request-error.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import { shownUrl } from "../http/shown-url.ts";
import { requestBody } from "./body.ts";
import { outcomeOf } from "./outcome.ts";
import { describe, type Pending, where } from "./pending.ts";
import type { SinkSettings } from "./settings.ts";

const compress = promisify(gzip);

export interface DeliveryOptions {
  readonly client: HttpClient;
  readonly authorization: Authorization;
  readonly settings: SinkSettings;
  readonly reporter: ErrantRecordReporter | null;
  readonly logger: Logger;
}

/** One attempt that did not end the matter. */
interface Failed {
  readonly kind: "retry" | "renew" | "rejected" | "rejected-all";
  readonly error: ConnectError;
}

/**
 * Sees requests through: what the server turns away for the moment, or gives no answer to,
 * is sent again after a growing, random wait; a request that it rejects is cut in two until
 * it is known which record is to blame. A record is done when the server has taken it, or
 * it is reported as impossible to send.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stop = new AbortController();
  /** Ends the waits under way, when partitions were taken away. */
  #wake = new AbortController();
  /** The server asked for quiet until then, whoever asks (Retry-After). */
  #quietUntil = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Returns when all records are done, and those of partitions taken away are given up.
   * @throws {ConnectError} when one cannot be done
   */
  async deliver(batch: readonly Pending[]): Promise<void> {
    const { logger, settings } = this.#options;
    const { retry } = settings;
    let isRenewed = false;
    for (let attempt = 0; ;) {
      const left = batch.filter(({ progress }) => !progress.closed);
      if (left.length === 0 || this.#stop.signal.aborted) return;
      if (await this.#quiet()) continue;
      const failed = await this.#attempt(left);
      if (failed === undefined) return;
      const { kind, error } = failed;
      if (kind === "renew" && !isRenewed) {
        isRenewed = true;
        continue;
      }
      if (kind === "rejected" && left.length > 1) return await this.#halves(left);
      if (kind !== "retry") return await this.#giveUp(left, error);
      if (attempt === retry.max) return await this.#exhausted(left, error);
      logger.warn(`${error.message}; it is sent again`);
      await pause(backoffMs(retry.backoffMs, retry.maxBackoffMs, attempt), this.#wake.signal);
      attempt++;
    }
  }

  /** Ends waits, so that what belongs to closed partitions is given up. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Ends requests and waits. */
  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  /** @returns what went wrong; undefined when the server has taken all */
  async #attempt(batch: readonly Pending[]): Promise<Failed | undefined> {
    const { client, authorization, settings } = this.#options;
    const { signal } = this.#stop;
    try {
      const credentials = await authorization.header(signal);
      const request = await this.#request(batch, credentials);
      const answer = await client.send(request, signal);
      const outcome = outcomeOf(answer, settings);
      if (outcome === "done") {
        for (const { progress, ticket } of batch) progress.done(ticket);
        return undefined;
      }
      const error = new ConnectError(`${said(request, answer)} (${describe(batch)})`);
      if (authorization.refused(credentials, answer.status)) return { kind: "renew", error };
      if (outcome === "refused") throw refused(error, answer);
      if (outcome === "retry") this.#beQuiet(answer);
      return { kind: outcome, error };
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof RequestError) || !error.transient) throw error;
      return { kind: "retry", error };
    }
  }

  async #request(batch: readonly Pending[], credentials: string | null): Promise<HttpRequest> {
    const { body: settings, idempotencyHeader } = this.#options.settings;
    const [first] = batch as [Pending];
    const { method, url, headers: own } = first.target;
    const headers: Record<string, string> = { ...own };
    if (credentials !== null) headers["authorization"] = credentials;
    if (idempotencyHeader !== null)
      headers[idempotencyHeader] = where(first.record).replace("@", "-");
    const body = requestBody(batch, settings);
    if (body === null || !settings.gzip) return { method, url, headers, body };
    headers["content-encoding"] = "gzip";
    return { method, url, headers, body: await compress(body) };
  }

  /** First half first: the order of records is kept. */
  async #halves(batch: readonly Pending[]): Promise<void> {
    const middle = Math.ceil(batch.length / 2);
    await this.deliver(batch.slice(0, middle));
    await this.deliver(batch.slice(middle));
  }

  async #exhausted(batch: readonly Pending[], error: ConnectError): Promise<void> {
    const { max } = this.#options.settings.retry;
    const message = `${error.message}; given up after ${max + 1} attempts (max.retries=${max})`;
    const last = new ConnectError(message, { cause: error });
    // A server that cannot be reached is nothing that a record could be blamed for.
    if (error instanceof RequestError && !error.sent) throw last;
    await this.#giveUp(batch, last);
  }

  /** @throws {ConnectError} unless these records may be skipped */
  async #giveUp(batch: readonly Pending[], error: ConnectError): Promise<void> {
    const { reporter, logger, settings } = this.#options;
    const { mode, remedy } = settings.failures;
    if (mode === "fail" || (mode === "report" && reporter === null)) {
      throw new ConnectError(`${error.message}. ${remedy}`, { cause: error });
    }
    if (mode === "log") logger.error(`${error.message}; skipped`);
    else logger.debug(`${error.message}; skipped`);
    for (const { record, progress, ticket } of batch) {
      // It is the next owner's to report.
      if (progress.closed) continue;
      // No offset past the record is committed before its report is written (I4).
      await reporter?.report(record, error);
      progress.done(ticket);
    }
  }

  /** @returns true after a wait, when things may have changed */
  async #quiet(): Promise<boolean> {
    const ms = this.#quietUntil - Date.now();
    if (ms <= 0) return false;
    await pause(ms, this.#wake.signal);
    return true;
  }

  #beQuiet({ headers }: HttpAnswer): void {
    const ms = retryAfterMs(headers["retry-after"]);
    if (ms !== undefined) this.#quietUntil = Math.max(this.#quietUntil, Date.now() + ms);
  }
}

/** `POST http://host/path answers 422: …` */
function said({ method }: HttpRequest, { status, body, url, headers }: HttpAnswer): string {
  const location = status < 400 ? headers["location"] : undefined;
  const to =
    location !== undefined && URL.canParse(location, url)
      ? ` and sends on to ${shownUrl(new URL(location, url).href)}`
      : "";
  const text = body.trim();
  return `${method} ${shownUrl(url)} answers ${status}${to}${text === "" ? "" : `: ${text}`}`;
}

/** An error that ends the task, with what to do about it. */
function refused(error: ConnectError, { status }: HttpAnswer): ConnectError {
  const remedy =
    status < 400
      ? "nothing was delivered: give the address that it leads to, or set follow.redirects=true"
      : "check the credentials of this connector and what they may do";
  return new ConnectError(`${error.message}; ${remedy}`, { cause: error });
}
