import { ConnectError } from "@millrace/connect-api";

export interface RequestErrorDetails {
  /** True where the same request may succeed later. */
  readonly transient: boolean;
  /** True where the server may have got the request: what it did with it is not known. */
  readonly sent: boolean;
  readonly cause?: unknown;
}

/** A request that got no answer. Never retriable for the worker: retries are made here. */
export class RequestError extends ConnectError {
  readonly transient: boolean;
  readonly sent: boolean;

  constructor(message: string, details: RequestErrorDetails) {
    super(message, { cause: details.cause });
    this.transient = details.transient;
    this.sent = details.sent;
  }
}
