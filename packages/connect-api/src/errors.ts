/**
 * The errors of the Connect contract. `javaName` is the class that Kafka Connect's
 * Java worker would have thrown: it is written where clients and dead-letter
 * consumers expect a Java class name.
 *
 * Plugins installed outside the worker may carry their own copy of this package, so
 * errors are recognised by a registered symbol, never by `instanceof`.
 */

const BRAND = Symbol.for("millrace.connect.error");

export interface ConnectErrorOptions {
  cause?: unknown;
  /** Overrides the Java class name, for errors that stand for a more specific one. */
  javaName?: string;
}

/** Anything that goes wrong in Connect. Thrown by a plugin it is fatal to the task (Java: `ConnectException`). */
export class ConnectError extends Error {
  readonly javaName: string;
  /** True where the same call may succeed later. */
  readonly retriable: boolean = false;

  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.javaName = options.javaName ?? "org.apache.kafka.connect.errors.ConnectException";
  }
}

Object.defineProperty(ConnectError.prototype, BRAND, { value: true });

/** The operation may succeed when repeated: the worker calls `poll` again, or `put` with the same batch. */
export class RetriableError extends ConnectError {
  override readonly retriable = true;

  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, {
      javaName: "org.apache.kafka.connect.errors.RetriableException",
      ...options,
    });
  }
}

/** A value does not fit its schema, or bytes cannot be read. */
export class DataError extends ConnectError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, { javaName: "org.apache.kafka.connect.errors.DataException", ...options });
  }
}

/** A schema was built wrongly. */
export class SchemaBuilderError extends DataError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, {
      javaName: "org.apache.kafka.connect.errors.SchemaBuilderException",
      ...options,
    });
  }
}

/** Two schemas are not compatible. */
export class SchemaProjectorError extends DataError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, {
      javaName: "org.apache.kafka.connect.errors.SchemaProjectorException",
      ...options,
    });
  }
}

/** A method was called at a moment at which it is not allowed. */
export class IllegalWorkerStateError extends ConnectError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, {
      javaName: "org.apache.kafka.connect.errors.IllegalWorkerStateException",
      ...options,
    });
  }
}

/** What was asked for does not exist; REST answers 404. */
export class NotFoundError extends ConnectError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, { javaName: "org.apache.kafka.connect.errors.NotFoundException", ...options });
  }
}

/** What was to be made exists already; REST answers 409. */
export class AlreadyExistsError extends ConnectError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super(message, {
      javaName: "org.apache.kafka.connect.errors.AlreadyExistsException",
      ...options,
    });
  }
}

/**
 * A configuration value is refused. The message has the wording of Java's
 * `ConfigException(name, value, message)`, which REST clients show as it is.
 */
export class ConfigError extends ConnectError {
  readonly key: string | undefined;
  readonly value: unknown;

  /** With three arguments names key and value; with one, `key` is the whole message. */
  constructor(key: string, value?: unknown, why?: string, options: ConnectErrorOptions = {}) {
    const named = arguments.length > 1;
    super(
      named
        ? `Invalid value ${String(value)} for configuration ${key}${why ? `: ${why}` : ""}`
        : key,
      { javaName: "org.apache.kafka.common.config.ConfigException", ...options },
    );
    this.key = named ? key : undefined;
    this.value = value;
  }
}

/** True for every error of this module, whichever copy of it made the error. */
export function isConnectError(error: unknown): error is ConnectError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** True for errors after which the same call may succeed. */
export function isRetriable(error: unknown): boolean {
  return isConnectError(error) && error.retriable;
}
