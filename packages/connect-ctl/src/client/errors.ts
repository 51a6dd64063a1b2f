/** No worker took the request: nothing was sent, or no answer came. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Something did not come true in time. */
export class TimedOutError extends Error {
  override readonly name = "TimedOutError";
}

/** A worker's answer with a status of 400 and more. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** HTTP status. */
  readonly status: number;
  /** The worker's own words; empty where it said nothing. */
  readonly reason: string;

  /** @param request `PUT /connectors/a/pause` */
  constructor(request: string, status: number, reason: string) {
    const advice = ADVICE[status];
    const words = reason || `${request} was answered with ${status}`;
    super(advice === undefined ? words : `${words} (${advice})`);
    this.status = status;
    this.reason = reason;
  }

  /**
   * The cluster is rebalancing, and nothing was done. With the same status Kafka Connect
   * also says that a connector exists already: only the text tells them apart. What is not
   * forwarded to the leader meets a rebalance with 500 there.
   */
  get isRebalance(): boolean {
    if (this.status === 500) return this.reason.includes("because a rebalance is expected");
    return this.status === 409 && /rebalance|momentarily/i.test(this.reason);
  }
}

/** Whether a worker, or its absence, is the reason, which may be another one a moment later. */
export function isOfWorker(error: unknown): error is UnreachableError | RefusedError {
  return error instanceof UnreachableError || error instanceof RefusedError;
}

const ADVICE: Readonly<Record<number, string>> = {
  401: "the worker wants a user and a password: --user and CONNECT_PASSWORD, or a context",
  403: "the user may not do this",
};
