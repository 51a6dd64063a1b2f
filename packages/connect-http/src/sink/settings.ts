import type { AuthorizationSettings } from "../http/authorization.ts";
import type { ClientSettings } from "../http/client.ts";
import type { StatusCodes } from "../http/status-codes.ts";
import type { TlsFiles } from "../http/tls.ts";
import type { DecimalFormat } from "../json-text.ts";
import type { HeaderTemplates } from "../template/header-templates.ts";
import type { Template } from "../template/template.ts";
import type { UrlTemplate } from "../template/url-template.ts";

/** What a sink does, whichever connector's keys said it. */
export interface SinkSettings {
  /** Topics whose records are for this API; null for all. */
  readonly topics: readonly string[] | null;
  readonly url: UrlTemplate;
  readonly method: string;
  readonly headers: HeaderTemplates;
  /** Put in where `headers` has none. */
  readonly contentType: string | null;
  /** A header that gets `<topic>-<partition>-<offset>` of the request's first record; null for none. */
  readonly idempotencyHeader: string | null;
  readonly body: BodySettings;
  readonly batch: BatchSettings;
  readonly nullValues: "ignore" | "delete" | "log" | "fail";
  readonly failures: FailureSettings;
  readonly retry: RetrySettings;
  readonly authorization: AuthorizationSettings;
  readonly client: Omit<ClientSettings, "tls">;
  readonly tls: TlsFiles;
  readonly lanes: LaneSettings;
}

export interface BodySettings {
  /** string: a text goes as it is; json: it is quoted. Everything else but bytes is JSON in both. */
  readonly format: "string" | "json";
  readonly prefix: string;
  readonly separator: string;
  readonly suffix: string;
  readonly decimals: DecimalFormat;
  readonly gzip: boolean;
}

export interface BatchSettings {
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly lingerMs: number;
  /** Records go together only where this gives the same text; null leaves it out. */
  readonly key: Template | null;
}

export interface FailureSettings {
  /** report: to the dead-letter topic where there is one, else the task fails. */
  readonly mode: "report" | "ignore" | "log" | "fail";
  /** The setting that would let records be skipped, for messages. */
  readonly remedy: string;
}

export interface RetrySettings {
  readonly max: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** What to retry; null for what says "not now". */
  readonly statuses: StatusCodes | null;
}

export interface LaneSettings {
  readonly ordering: "partition" | "key" | "none";
  readonly maxInFlight: number;
  readonly maxBufferedRecords: number;
  readonly flushTimeoutMs: number;
}
