import { protocolErrors, protocolErrorsCodesById, ResponseError } from "./protocol.ts";
import { formatTopicPartition } from "./types.ts";

export interface KafkaErrorContext {
  /** The same request may succeed when it is sent again. Default: what the protocol says of the code. */
  retriable?: boolean | undefined;
  /** The object that threw it can't be used any more and has to be closed. */
  fatal?: boolean | undefined;
  topic?: string | undefined;
  partition?: number | undefined;
  /** "host:port" */
  broker?: string | undefined;
  cause?: unknown;
}

const BRAND = Symbol.for("@millrace/kafka-client/KafkaError");

/**
 * Whatever Kafka, or the way to it, refused. `code` is the protocol's name of the error
 * (`NOT_LEADER_OR_FOLLOWER`), or one of ours where no broker was involved (see {@link ClientErrorCode}).
 */
export class KafkaError extends Error {
  override readonly name: string = "KafkaError";
  readonly code: string;
  readonly retriable: boolean;
  readonly fatal: boolean;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly broker: string | undefined;

  constructor(code: string, message: string, context: KafkaErrorContext = {}) {
    super(message, context.cause === undefined ? {} : { cause: context.cause });
    this.code = code;
    this.retriable = context.retriable ?? isRetriableCode(code);
    this.fatal = context.fatal ?? false;
    this.topic = context.topic;
    this.partition = context.partition;
    this.broker = context.broker;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Another producer with the same transactional id took over: this one can only be closed. */
export class ProducerFenced extends KafkaError {
  override readonly name: string = "ProducerFenced";
  constructor(message: string, context: KafkaErrorContext = {}) {
    super("PRODUCER_FENCED", message, { ...context, retriable: false, fatal: true });
  }
}

/** One record that can never be sent; the batch it was meant for is as it was before. */
export class RecordTooLarge extends KafkaError {
  override readonly name: string = "RecordTooLarge";
  constructor(message: string, context: KafkaErrorContext = {}) {
    super("MESSAGE_TOO_LARGE", message, { ...context, retriable: false });
  }
}

/** Codes that no broker sends. */
export type ClientErrorCode =
  /** The connection broke, or could not be made. Java: DisconnectException */
  | "DISCONNECTED"
  /** No answer within the request timeout. */
  | "REQUEST_TIMEOUT"
  /** A record was not acknowledged within delivery.timeout.ms. */
  | "DELIVERY_TIMEOUT"
  /** The client, producer or consumer was closed. */
  | "CLOSED"
  /** A setting can't be honoured. */
  | "INVALID_CONFIG"
  /** Bytes that are no valid protocol message. */
  | "CORRUPT_RESPONSE"
  /** A method was called in a state that doesn't allow it. */
  | "ILLEGAL_STATE";

const RETRIABLE_CLIENT_CODES = new Set<string>(["DISCONNECTED", "REQUEST_TIMEOUT"]);

function isRetriableCode(code: string): boolean {
  return RETRIABLE_CLIENT_CODES.has(code) || protocolErrors[code]?.canRetry === true;
}

/** Recognised by a brand, so that a second copy of this package in a process works too. */
export function isKafkaError(error: unknown): error is KafkaError {
  return typeof error === "object" && error !== null && BRAND in error;
}

export function isRetriable(error: unknown): boolean {
  return isKafkaError(error) && error.retriable;
}

/**
 * Another producer with the same transactional id took over, or a transaction took longer than its
 * transaction.timeout.ms: the coordinator does not say which. Older brokers say INVALID_PRODUCER_EPOCH.
 */
export function isFenced(error: unknown): boolean {
  return (
    isKafkaError(error) &&
    (error.code === "PRODUCER_FENCED" || error.code === "INVALID_PRODUCER_EPOCH")
  );
}

/** Name of a protocol error code: 6 → NOT_LEADER_OR_FOLLOWER. */
export function errorName(errorCode: number): string {
  return protocolErrorsCodesById[errorCode] ?? `UNKNOWN_ERROR_CODE_${errorCode}`;
}

/** What the reader of the message can do about it. */
const REMEDIES: Record<string, string> = {
  TOPIC_AUTHORIZATION_FAILED: "give the client's principal access to the topic",
  GROUP_AUTHORIZATION_FAILED: "give the client's principal access to the group",
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    "give the client's principal WRITE and DESCRIBE on the transactional id",
  CLUSTER_AUTHORIZATION_FAILED: "give the client's principal access to the cluster",
  MESSAGE_TOO_LARGE: "raise the topic's max.message.bytes, or make the records smaller",
  RECORD_LIST_TOO_LARGE: "raise the topic's segment.bytes, or lower batch.size",
  NOT_ENOUGH_REPLICAS: "bring replicas back, or lower the topic's min.insync.replicas",
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: "bring replicas back, or lower min.insync.replicas",
  INVALID_TOPIC_EXCEPTION:
    "topic names are 1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'",
  UNKNOWN_TOPIC_OR_PARTITION: "create the topic, or check its name",
  INVALID_REQUIRED_ACKS: "acks must be 0, 1 or all",
  INVALID_TRANSACTION_TIMEOUT:
    "lower transaction.timeout.ms to at most the broker's transaction.max.timeout.ms",
  INVALID_SESSION_TIMEOUT:
    "session.timeout.ms must lie between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  INCONSISTENT_GROUP_PROTOCOL:
    "every member of a group must have the same protocol type and share an assignor",
  UNSUPPORTED_SASL_MECHANISM: "choose a sasl.mechanism that the broker's listener enables",
  INVALID_TIMESTAMP: "keep the record's timestamp within the topic's message.timestamp.*.max.ms",
  INVALID_RECORD: "records for a compacted topic need a key",
  INVALID_REPLICATION_FACTOR: "ask for no more replicas than there are brokers",
  INVALID_PRODUCER_EPOCH: "another producer uses the same transactional id",
  PRODUCER_FENCED: "another producer uses the same transactional id",
};

/**
 * The error for a code a broker answered.
 * @param attempted what was asked for, as in "Could not … : "; e.g. `"write to orders-0"`
 */
export function protocolError(
  errorCode: number,
  attempted: string,
  context: KafkaErrorContext & { serverMessage?: string | null | undefined } = {},
): KafkaError {
  const code = errorName(errorCode);
  const where =
    context.topic !== undefined && context.partition !== undefined
      ? ` ${formatTopicPartition(context.topic, context.partition)}`
      : context.topic !== undefined
        ? ` ${context.topic}`
        : "";
  const reason = context.serverMessage ?? protocolErrors[code]?.message ?? "";
  const remedy = REMEDIES[code];
  const message =
    `Could not ${attempted}${where}${context.broker === undefined ? "" : ` at ${context.broker}`}: ${code}` +
    (reason === "" ? "" : ` (${reason.replace(/\.$/, "")})`) +
    (remedy === undefined ? "" : `; ${remedy}`);
  return code === "PRODUCER_FENCED"
    ? new ProducerFenced(message, context)
    : new KafkaError(code, message, context);
}

/** What a broker answered, and the error it answered as a whole, if any. */
export interface Answer<R> {
  readonly answer: R;
  readonly error: KafkaError | undefined;
}

/**
 * The answer inside what a codec threw. The library's codecs throw when any part of an answer
 * carries an error code; here errors are data, so a partial failure is an answer like any other.
 * `error` is set when the whole answer is one (path "/", "" or "/errorCode").
 * @throws KafkaError when there is no answer in it
 */
export function answerOf<R>(
  thrown: unknown,
  attempted: string,
  context: KafkaErrorContext,
): Answer<R> {
  if (thrown instanceof ResponseError) {
    // The class declares no type for what it carries: it is what the same codec returns when no
    // part failed, and its errors are ProtocolErrors with these fields.
    const { response, errors } = thrown as unknown as {
      response: R;
      errors: { path: string; apiCode: number; serverErrorMessage: string | null }[];
    };
    const whole = errors.find(({ path }) => path === "/" || path === "" || path === "/errorCode");
    const error =
      whole &&
      protocolError(whole.apiCode, attempted, {
        ...context,
        serverMessage: whole.serverErrorMessage,
      });
    return { answer: response, error };
  }
  if (isKafkaError(thrown)) throw thrown;
  throw new KafkaError("CORRUPT_RESPONSE", `Could not ${attempted}: the answer can't be read`, {
    ...context,
    cause: thrown,
  });
}
