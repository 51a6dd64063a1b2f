import { ConnectError, RetriableError } from "@millrace/connect-api";

const REST_CLIENT_EXCEPTION =
  "io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException";

/** The registry answered that it will not: what to do about the usual reasons is said. */
export class RegistryError extends ConnectError {
  readonly status: number;
  /** The registry's own code: 40403 = schema not found. */
  readonly errorCode: number;

  constructor(what: string, status: number, errorCode: number, message: string) {
    const remedy = REMEDIES.get(errorCode) ?? REMEDIES.get(status);
    super(
      `${what}: ${message}; error code: ${errorCode}${remedy === undefined ? "" : `. ${remedy}`}`,
      { javaName: REST_CLIENT_EXCEPTION },
    );
    this.status = status;
    this.errorCode = errorCode;
  }
}

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [
    40401,
    "With auto.register.schemas=false the subject has to be there: register its schema first",
  ],
  [
    40403,
    "Data may have been written with another registry: compare schema.registry.url of whoever wrote it",
  ],
  [401, "Set basic.auth.credentials.source and basic.auth.user.info, or bearer.auth.token"],
  [403, "The user may not do this: ask whoever runs the registry for the right"],
  [
    409,
    "The schema breaks the subject's compatibility rule: change the data, or the rule of the subject",
  ],
]);

/** No node of the registry answered, or none was able to. */
export function unreachable(what: string, cause: Error): RetriableError {
  return new RetriableError(
    `${what}: ${cause.message}. Is schema.registry.url right, and does the registry run?`,
    { cause, javaName: "org.apache.kafka.common.errors.NetworkException" },
  );
}
