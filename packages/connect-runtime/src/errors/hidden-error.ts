import type { Secrets } from "../config/secrets.ts";
import { RemoteError, toErrorData } from "./error-data.ts";

/** An error as it may be shown: messages and stacks, of its causes as well, without secrets (I5). */
export function hiddenError(error: unknown, secrets: Secrets): RemoteError {
  return new RemoteError(secrets.hideIn(toErrorData(error)));
}
