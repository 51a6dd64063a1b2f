import { ConnectError, isConnectError, RetriableError } from "@millrace/connect-api";
import type { S3SinkConfig } from "./config.ts";

/** What to do about S3's usual refusals. */
const REMEDIES: Readonly<Record<string, (config: S3SinkConfig) => string>> = {
  NoSuchBucket: (config) =>
    `The bucket ${config["s3.bucket.name"]} is not there: create it, or correct s3.bucket.name`,
  NotFound: (config) =>
    `The bucket ${config["s3.bucket.name"]} is not there: create it, or correct s3.bucket.name`,
  AccessDenied: () =>
    "The credentials may not do this: they need s3:ListBucket, s3:PutObject, s3:GetObject and s3:AbortMultipartUpload",
  Forbidden: () =>
    "The credentials may not see the bucket, or the secret is wrong: they need s3:ListBucket, s3:PutObject, s3:GetObject and s3:AbortMultipartUpload",
  InvalidAccessKeyId: () => "There is no such access key: correct aws.access.key.id",
  SignatureDoesNotMatch: () => "The secret is not that of the key: correct aws.secret.access.key",
  ExpiredToken: () =>
    "The credentials have expired: give others, or a provider that renews them (s3.credentials.provider.class)",
  RequestTimeTooSkewed: () => "The clock of this machine is wrong: set it",
  PermanentRedirect: () => "The bucket is in another region: correct s3.region",
  AuthorizationHeaderMalformed: () => "The bucket is in another region: correct s3.region",
  CredentialsProviderError: () =>
    "No credentials were found: set aws.access.key.id and aws.secret.access.key, or what the provider looks for",
  InvalidDigest: () => "The content was changed on its way",
  TimeoutError: (config) =>
    `The server did not take or say anything for so long: raise s3.socket.timeout.ms (${config["s3.socket.timeout.ms"]}) if it is that slow, or lower max.uploads`,
  SlowDown: () => "The store asks for fewer requests: lower max.uploads, or raise flush.size",
  EntityTooLarge: () => "The object is too large: lower flush.size",
};

/** The status alone tells it where the answer has no body, as that of HEAD. */
const NAMES: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  403: "Forbidden",
  404: "NotFound",
};

const TRANSIENT = new Set([
  "SlowDown",
  "ThrottlingException",
  "RequestTimeout",
  "InternalError",
  "ServiceUnavailable",
  "TimeoutError",
  "ConditionalRequestConflict",
  "OperationAborted",
]);

const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET)/;

interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: object;
}

const networkRemedy = (config: S3SinkConfig): string =>
  config["store.url"] === null
    ? "The connection to S3 failed: check the network and s3.region"
    : `The connection to ${config["store.url"]} failed: check the server and store.url`;

/** Makes an error of the S3 client one of ours: one that a later try may mend, or not. */
export function s3Error(what: string, cause: unknown, config: S3SinkConfig): ConnectError {
  if (isConnectError(cause)) return cause;
  const error = cause as AwsError;
  const status = error.$metadata?.httpStatusCode;
  const unnamed =
    error.name === "Unknown" || error.name === "UnknownError" || error.name === "Error";
  const name = (unnamed && status !== undefined ? NAMES[status] : undefined) ?? error.name;
  const said = ["", "UnknownError", name].includes(error.message) ? "" : `: ${error.message}`;
  const message = `${what}: ${name}${said}`;
  const transient =
    TRANSIENT.has(name) ||
    error.$retryable !== undefined ||
    (status !== undefined && (status >= 500 || status === 429));
  const isNetwork = NETWORK.test(error.code ?? "");
  const remedy = REMEDIES[name]?.(config) ?? (isNetwork ? networkRemedy(config) : undefined);
  const whole = remedy === undefined ? message : `${message}. ${remedy}`;
  return transient || isNetwork
    ? new RetriableError(whole, { cause })
    : new ConnectError(whole, { cause });
}
