import { ConnectError } from "@millrace/connect-api";

export interface RequestErrorDetails {
  /** The HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  /** Elasticsearch's error type, such as `resource_already_exists_exception`. */
  readonly type?: string | undefined;
  /** True where the same request may succeed later. */
  readonly transient: boolean;
  readonly cause?: unknown;
}

/**
 * A request failed as a whole. Never retriable for the worker: retries were made, or are
 * no use.
 */
export class RequestError extends ConnectError {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly transient: boolean;

  constructor(message: string, details: RequestErrorDetails) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.type = details.type;
    this.transient = details.transient;
  }
}

/** True for an answer that says "not now". */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
