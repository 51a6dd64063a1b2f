import { ConnectError, type SourceOffset, type SourcePartition } from "@millrace/connect-api";
import { BSON, type Timestamp } from "mongodb";
import type { Document } from "../bson/document.ts";
import { parseDocument } from "../bson/json-reader.ts";
import { toJson } from "../bson/json-writer.ts";
import { hostsOf } from "../connection/connection-string.ts";
import type { Config } from "./config.ts";

/** Where a change stream begins; neither = now. */
export interface Position {
  readonly startAfter?: Document;
  readonly startAtOperationTime?: Timestamp;
}

/** How far a copy has come. */
export interface CopyProgress {
  /** Where the stream begins when everything is copied. */
  readonly stream: Position;
  /** Namespaces that are copied. */
  readonly done: readonly string[];
  /** Of the others, the last `_id` that was copied. */
  readonly at: Readonly<Record<string, unknown>>;
}

/** What an offset says: the stream's position, or that of a copy under way. */
export type Resume =
  | { readonly kind: "stream"; readonly position: Position }
  | { readonly kind: "copy"; readonly progress: CopyProgress | undefined };

/** Java knows these; what else a copy's offset has it does not look at, and copies all again. */
const ID = "_id";
const COPY = "copy";
const HEARTBEAT = "HEARTBEAT";
const PROGRESS = "copy.progress";

export function partitionOf(config: Config): SourcePartition {
  const name = config["offset.partition.name"];
  if (name !== "") return { ns: name };
  const collection = config.collection === "" ? "" : `.${config.collection}`;
  return { ns: `${hostsOf(config["connection.uri"].value())}/${config.database}${collection}` };
}

export function streamOffset(token: Document): SourceOffset {
  return { [ID]: toJson(token) };
}

export function heartbeatOffset(token: string): SourceOffset {
  return { [ID]: token, [HEARTBEAT]: "true" };
}

/** @param id that of the pseudo event of the last document */
export function copyOffset(id: Document, progress: CopyProgress): SourceOffset {
  const text = BSON.EJSON.stringify(progress, { relaxed: false });
  return { [ID]: toJson(id), [COPY]: "true", [PROGRESS]: text };
}

/**
 * Reads an offset of ours or of Java's source.
 * @throws {ConnectError} when it is none, as an operator may have set it
 */
export function readOffset(offset: SourceOffset | null): Resume | undefined {
  if (offset === null) return undefined;
  if (COPY in offset) return { kind: "copy", progress: readProgress(offset[PROGRESS]) };
  const id = offset[ID];
  if (typeof id !== "string") throw unreadable(offset, "it has no text _id");
  try {
    return { kind: "stream", position: { startAfter: parseDocument(id) } };
  } catch (error) {
    throw unreadable(offset, `its _id is no resume token: ${(error as Error).message}`, error);
  }
}

function readProgress(text: unknown): CopyProgress | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return BSON.EJSON.parse(text, { relaxed: false });
  } catch (error) {
    throw unreadable({}, `its ${PROGRESS} is not what this connector writes`, error);
  }
}

function unreadable(offset: SourceOffset, why: string, cause?: unknown): ConnectError {
  return new ConnectError(
    `The offset ${JSON.stringify(offset)} cannot be read: ${why}. Set a right one or reset it (DELETE /connectors/…/offsets), or give offset.partition.name a new value`,
    { cause },
  );
}
