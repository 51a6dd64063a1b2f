import type { AuthorizationSettings } from "../http/authorization.ts";
import type { ClientSettings } from "../http/client.ts";
import type { StatusCodes } from "../http/status-codes.ts";
import type { TlsFiles } from "../http/tls.ts";
import type { HeaderTemplates } from "../template/header-templates.ts";
import type { Template } from "../template/template.ts";
import type { UrlTemplate } from "../template/url-template.ts";
import type { TimestampFormat } from "./instant.ts";
import type { Locator } from "./locator.ts";

/** What a source does, whichever connector's keys said it. */
export interface SourceSettings {
  /** What is read side by side, each with a position of its own; one empty name where there is only one. */
  readonly entities: readonly string[];
  readonly topic: Template;
  readonly request: RequestSettings;
  /** Where the records are in an answer. */
  readonly records: Locator;
  /** Where a record has its key; null for none. */
  readonly key: Locator | null;
  readonly valueFormat: "json" | "string";
  readonly pagination: Pagination;
  readonly incremental: Incremental | null;
  readonly intervalMs: number;
  /** 0 for no limit. */
  readonly requestsPerSecond: number;
  readonly maxBytes: number;
  readonly retry: RetrySettings;
  readonly headers: HeaderTemplates;
  readonly authorization: AuthorizationSettings;
  readonly client: Omit<ClientSettings, "tls">;
  readonly tls: TlsFiles;
}

export interface RequestSettings {
  readonly url: UrlTemplate;
  readonly method: string;
  readonly parameters: readonly (readonly [name: string, value: Template])[];
  readonly body: Template | null;
}

export interface RetrySettings {
  readonly max: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** What to retry; null for what says "not now". */
  readonly statuses: StatusCodes | null;
  /** After the last retry: fail the task, or go on with the same page after the interval. */
  readonly onFailure: "fail" | "ignore";
}

/** How one gets from one page of a list to the next. */
export interface Pagination {
  readonly type: "none" | "page" | "offset" | "cursor" | "link-header" | "next-url";
  /** The query parameter that gets the page's number, offset or cursor; null where templates have it. */
  readonly parameter: string | null;
  /** What it is for the first page; null leaves the parameter out. */
  readonly first: string | null;
  /** Where an answer has the next cursor or address. */
  readonly next: Locator | null;
  /** After the last page: begin with the first again, or go on with the last, which may have grown. */
  readonly atEnd: "restart" | "keep";
}

/** How one asks only for what is new. */
export interface Incremental {
  /** timestamp: the latest of a whole list; chaining: that of the last record, whatever it is. */
  readonly type: "timestamp" | "chaining";
  /** Where a record has the value. */
  readonly value: Locator;
  readonly parameter: string | null;
  readonly initial: string | null;
  readonly format: TimestampFormat;
  /** This much before the latest is asked for again, for records that appear late. */
  readonly overlapMs: number;
}
