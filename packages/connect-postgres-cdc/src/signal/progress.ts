import type { SourceOffset } from "@millrace/connect-api";
import type { ChunkKey } from "./chunk.ts";

/** A table that is to be read, and what for. */
export interface Collection {
  /** `schema.table` */
  readonly table: string;
  readonly condition: string | null;
  readonly surrogateKey: string | null;
  readonly correlationId: string;
}

const COLLECTIONS = "incremental_snapshot_collections";
const CORRELATION = "incremental_snapshot_correlation_id";
/** Debezium keeps keys as serialized Java objects; read by it, a table begins anew. */
const KEYS = "incremental_snapshot_keys";

interface Progress {
  readonly collections: readonly Collection[];
  readonly after: ChunkKey | null;
  readonly upTo: ChunkKey | null;
}

/** What an offset says of an incremental snapshot; nothing where it says nothing that can be read. */
export function readProgress(stored: SourceOffset | null): Progress {
  const none: Progress = { collections: [], after: null, upTo: null };
  const text = stored?.[COLLECTIONS];
  if (typeof text !== "string") return none;
  const list = parse(text);
  if (!Array.isArray(list)) return none;
  const collections = list.flatMap((item: unknown) => {
    const fields = item as Record<string, unknown>;
    const table = fields[`${COLLECTIONS}_id`];
    const textOf = (name: string) =>
      typeof fields[name] === "string" && fields[name] !== "" ? fields[name] : null;
    if (typeof table !== "string") return [];
    return [
      {
        table,
        condition: textOf(`${COLLECTIONS}_additional_condition`),
        surrogateKey: textOf(`${COLLECTIONS}_surrogate_key`),
        correlationId: textOf(`${COLLECTIONS}_correlation_id`) ?? "",
      },
    ];
  });
  const keys = parse(typeof stored?.[KEYS] === "string" ? stored[KEYS] : "null");
  const { after = null, upTo = null } = (keys ?? {}) as Partial<Progress>;
  return { collections, after, upTo };
}

export function writeProgress(
  collections: readonly Collection[],
  after: ChunkKey | null,
  upTo: ChunkKey | null,
): SourceOffset {
  const [first] = collections;
  if (first === undefined) return {};
  const list = collections.map(({ table, condition, surrogateKey, correlationId }) => ({
    [`${COLLECTIONS}_id`]: table,
    [`${COLLECTIONS}_additional_condition`]: condition,
    [`${COLLECTIONS}_surrogate_key`]: surrogateKey,
    [`${COLLECTIONS}_correlation_id`]: correlationId,
  }));
  return {
    [COLLECTIONS]: JSON.stringify(list),
    [CORRELATION]: first.correlationId,
    [KEYS]: JSON.stringify({ after, upTo }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An operator's change, or a form of another version: the snapshot can be asked for again.
    return null;
  }
}
