import { ConnectError, isConnectError } from "@millrace/connect-api";
import { TooManyDryRunsError } from "../herder/dry-run/dry-runs.ts";
import { InternalRequestError } from "../herder/internal-signature.ts";
import { PluginNotFoundError } from "../plugins/registry.ts";

/** An answer with a status of its own. */
export class RestError extends ConnectError {
  readonly status: number;

  constructor(status: number, message: string, options: { cause?: unknown } = {}) {
    super(message, {
      ...options,
      javaName: "org.apache.kafka.connect.runtime.rest.errors.ConnectRestException",
    });
    this.status = status;
  }
}

/** An answer in the words of JAX-RS itself, which goes out without a content type. */
export class FrameworkError extends RestError {
  constructor(status: 404 | 405 | 406 | 415, reason: string) {
    super(status, `HTTP ${status} ${reason}`);
  }
}

/** An answer of the HTTP server under the API, which is no JSON but a page. */
export class ServerError extends RestError {}

/** By Java name: errors from threads keep it, but are not of our classes any more. */
const STATUS_OF: Readonly<Record<string, number>> = {
  "org.apache.kafka.connect.errors.NotFoundException": 404,
  "org.apache.kafka.connect.errors.AlreadyExistsException": 409,
  "org.apache.kafka.connect.runtime.rest.errors.BadRequestException": 400,
};

/** The status an error is answered with (Java: `ConnectExceptionMapper`). */
export function statusOf(error: unknown): number {
  if (error instanceof RestError || error instanceof InternalRequestError) return error.status;
  if (error instanceof TooManyDryRunsError) return 429;
  if (error instanceof PluginNotFoundError) return error.miss === "unknown" ? 404 : 400;
  return isConnectError(error) ? (STATUS_OF[error.javaName] ?? 500) : 500;
}
