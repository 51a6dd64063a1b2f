import type { Logger } from "@millrace/connect-api";

/** What a row of the signal table asks for. */
export interface Signal {
  readonly id: string;
  readonly type: string;
  readonly data: string | null;
}

/** What a snapshot is asked for with. */
export interface SnapshotRequest {
  readonly kind: "incremental" | "blocking";
  /** Regular expressions of schema.table. */
  readonly tables: readonly string[];
  readonly conditions: readonly { readonly table: string; readonly filter: string }[];
  readonly surrogateKey: string | null;
  readonly correlationId: string;
}

/** The data of `execute-snapshot` and its like; undefined, and a warning, where they make no sense. */
export function readRequest(signal: Signal, logger: Logger): SnapshotRequest | undefined {
  const data = parse(signal, logger);
  if (data === undefined) return undefined;
  const { type = "incremental" } = data;
  const kind = typeof type === "string" ? type.toLowerCase() : type;
  if (kind !== "incremental" && kind !== "blocking") {
    logger.warn(
      `Signal ${signal.id}: type is ${JSON.stringify(type)}; write incremental or blocking`,
    );
    return undefined;
  }
  const conditions = listOf(data["additional-conditions"]).flatMap((item) => {
    const { "data-collection": table, filter } = item as Record<string, unknown>;
    return typeof table === "string" && typeof filter === "string" ? [{ table, filter }] : [];
  });
  const surrogate = data["surrogate-key"];
  return {
    kind,
    tables: listOf(data["data-collections"]).map(String),
    conditions,
    surrogateKey: typeof surrogate === "string" && surrogate !== "" ? surrogate : null,
    correlationId: signal.id,
  };
}

export function readLogMessage(signal: Signal, logger: Logger): string | undefined {
  const message = parse(signal, logger)?.["message"];
  return typeof message === "string" ? message : undefined;
}

function parse({ id, data }: Signal, logger: Logger): Record<string, unknown> | undefined {
  if (data === null || data === "") return {};
  try {
    const parsed: unknown = JSON.parse(data);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
    logger.warn(`Signal ${id}: its data is no JSON object`);
  } catch (error) {
    logger.warn(`Signal ${id}: its data is no JSON`, { error });
  }
  return undefined;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
