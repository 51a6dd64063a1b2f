import type { SinkRecord } from "@millrace/connect-api";
import type { OnConflict } from "../document/action-writer.ts";
import type { Version } from "../document/version.ts";
import type { Lines } from "./line-buffer.ts";
import type { PartitionProgress } from "@millrace/sink-progress";

/** What Elasticsearch is to do for one record. */
export interface Operation {
  readonly record: SinkRecord;
  readonly progress: PartitionProgress;
  /** The record's place in `progress`. */
  readonly ticket: number;
  readonly index: string;
  /** Undefined where Elasticsearch makes one up. */
  readonly id: string | undefined;
  /** The external version, or undefined where Elasticsearch counts versions itself. */
  readonly version: Version | undefined;
  /** What it means when Elasticsearch has another version of the document. */
  readonly onConflict: OnConflict;
  /** Its lines of the bulk request, each with its line end. */
  readonly lines: Lines;
}

/** The record and where it goes, for messages. */
export function describe({ record, index, id }: Operation): string {
  const document = id === undefined ? "a document" : `document ${JSON.stringify(id)}`;
  return `record ${record.originalTopic}-${record.originalKafkaPartition}@${record.originalKafkaOffset} (${document} of index ${index})`;
}
