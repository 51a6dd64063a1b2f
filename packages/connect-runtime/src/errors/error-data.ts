import { ConnectError, isConnectError } from "@millrace/connect-api";

/** An error as plain data, to travel between threads without losing what clients read. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly javaName: string | undefined;
  readonly retriable: boolean;
  readonly stack: string | undefined;
  readonly cause: ErrorData | undefined;
}

export function toErrorData(error: unknown): ErrorData {
  const connect = isConnectError(error);
  const { name, message, stack, cause } =
    error instanceof Error || connect ? error : new Error(String(error));
  return {
    name,
    message,
    javaName: connect ? error.javaName : undefined,
    retriable: connect && error.retriable,
    stack,
    cause: cause === undefined || cause === error ? undefined : toErrorData(cause),
  };
}

/** An error that other threads threw, here again with its own stack. */
export class RemoteError extends ConnectError {
  override readonly retriable: boolean;

  constructor(data: ErrorData) {
    super(data.message, {
      ...(data.javaName !== undefined && { javaName: data.javaName }),
      ...(data.cause && { cause: new RemoteError(data.cause) }),
    });
    this.name = data.name;
    this.retriable = data.retriable;
    if (data.stack !== undefined) this.stack = data.stack;
  }
}
