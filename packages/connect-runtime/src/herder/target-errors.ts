import { ConnectError } from "@millrace/connect-api";

/**
 * The request is for another worker (Java: `RequestTargetException`). REST forwards it to
 * where `url` says, or answers 409.
 */
export class RequestTargetError extends ConnectError {
  /** The REST API of the worker to ask, with a slash at the end; undefined: nobody knows it now. */
  readonly url: string | undefined;

  constructor(message: string, url: string | undefined) {
    super(message, {
      javaName: "org.apache.kafka.connect.runtime.distributed.RequestTargetException",
    });
    this.url = url;
  }
}

/** The answer would be out of date: a rebalance is due here (Java: `RebalanceNeededException`). REST answers 409. */
export class RebalanceNeededError extends ConnectError {
  constructor(message = "Request cannot be completed because a rebalance is expected") {
    super(message, {
      javaName: "org.apache.kafka.connect.runtime.distributed.RebalanceNeededException",
    });
  }
}
