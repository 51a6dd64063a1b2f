import { RetriableError } from "@millrace/connect-api";
import { BSON, type Collection, MongoBulkWriteError, type WriteError } from "mongodb";
import type { Document } from "../bson/document.ts";
import { isPassingCode, toConnectError } from "../connection/errors.ts";
import type { Operation } from "./topic-planner.ts";
import type { OperationError } from "./write-error.ts";

/** What becomes of an operation that cannot be done. @throws to end the whole write */
export type OnRefused = (operation: Operation, error: OperationError) => void;

/**
 * Writes operations of one collection in their order. One that is refused does not keep the
 * others from being done: the write goes on behind it.
 * @throws {RetriableError} when the server cannot do it now; some may be done already
 * @throws {ConnectError} when it will not do any
 */
export async function writeInOrder(
  collection: Collection<Document>,
  operations: readonly Operation[],
  onRefused: OnRefused,
): Promise<void> {
  let rest = operations;
  while (rest.length > 0) {
    const [refused] = await writeOnce(collection, rest, true, onRefused);
    if (refused === undefined) return;
    rest = rest.slice(rest.indexOf(refused) + 1);
  }
}

/**
 * Writes operations side by side, but those of one document one after the other.
 * @throws as `writeInOrder`
 */
export async function writeUnordered(
  collection: Collection<Document>,
  operations: readonly Operation[],
  onRefused: OnRefused,
): Promise<void> {
  for (const round of rounds(operations)) await writeOnce(collection, round, false, onRefused);
}

/** Cuts where a document comes again: within a round the server may do them in any order. */
function rounds(operations: readonly Operation[]): Operation[][] {
  const all: Operation[][] = [];
  let seen = new Set<string>();
  for (const operation of operations) {
    const target = targetOf(operation);
    if (target === undefined || seen.has(target) || all.length === 0) {
      all.push([]);
      seen = new Set();
    }
    all.at(-1)!.push(operation);
    if (target === undefined) all.push([]);
    else seen.add(target);
  }
  return all.filter((round) => round.length > 0);
}

/** What tells which document is meant; undefined where it can be any, as by a business key. */
function targetOf({ model }: Operation): string | undefined {
  if ("insertOne" in model) return idText(model.insertOne.document["_id"]);
  const filter = filterOf(model);
  return Object.hasOwn(filter, "_id") ? idText(filter["_id"]) : idText(filter);
}

function filterOf(model: Operation["model"]): Document {
  if ("replaceOne" in model) return model.replaceOne.filter;
  if ("updateOne" in model) return model.updateOne.filter;
  return "deleteOne" in model ? model.deleteOne.filter : {};
}

function idText(id: unknown): string {
  if (typeof id === "string") return `"${id}`;
  return Buffer.from(BSON.serialize({ id })).toString("latin1");
}

/** Does one bulk write. Returns what was refused by the server. */
async function writeOnce(
  collection: Collection<Document>,
  operations: readonly Operation[],
  ordered: boolean,
  onRefused: OnRefused,
): Promise<Operation[]> {
  const bulk = ordered
    ? collection.initializeOrderedBulkOp()
    : collection.initializeUnorderedBulkOp();
  const sent: Operation[] = [];
  for (const operation of operations) {
    try {
      bulk.raw(operation.model);
      sent.push(operation);
    } catch (error) {
      // Too large, or no document at all: the driver sees it before the server does.
      onRefused(operation, { code: 0, message: clientReason(error) });
    }
  }
  if (sent.length === 0) return [];
  try {
    await bulk.execute();
    return [];
  } catch (error) {
    const refused = refusals(error, collection);
    for (const { index, code, errmsg, err } of refused) {
      onRefused(sent[index]!, { code, message: errmsg ?? "", details: err.errInfo });
    }
    return refused.map(({ index }) => sent[index]!);
  }
}

/** The driver's reason; where a document is beyond its buffers, it has none of its own. */
function clientReason(error: unknown): string {
  return error instanceof RangeError
    ? "Document is larger than the maximum size 16777216"
    : (error as Error).message;
}

/** The operations' own errors. @throws what keeps the bulk from being written as a whole */
function refusals(error: unknown, collection: Collection<Document>): WriteError[] {
  const what = `Cannot write to ${collection.namespace}`;
  if (!(error instanceof MongoBulkWriteError)) throw toConnectError(error, what);
  // What ended the request as a whole, such as a lost connection, is wrapped by the driver.
  const ended: unknown = error.errorResponse;
  if (ended instanceof Error) throw toConnectError(ended, what);
  const errors = [error.writeErrors].flat();
  const concern = error.result.getWriteConcernError();
  const passing = errors.find(({ code }) => isPassingCode(code)) ?? concern;
  if (passing !== undefined) {
    throw new RetriableError(`${what}: ${passing.errmsg}`, { cause: error });
  }
  if (errors.length === 0) throw toConnectError(error, what);
  return errors;
}
