import { DataError } from "@millrace/connect-api";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from "mongodb";
import { bsonType, type Document, isDocument } from "./document.ts";

/**
 * The value that a document of extended JSON stands for, old and new notations alike; the
 * document itself when its first name is none of theirs (an update's `$set`).
 * @throws {DataError} when the notation is used wrongly
 */
export function fromExtended(document: Document): unknown {
  const [name] = Object.keys(document);
  try {
    return READERS[name ?? ""]?.(document[name!], document) ?? document;
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name} has a value that is none: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

type Reader = (value: unknown, document: Document) => unknown;

const READERS: Readonly<Record<string, Reader>> = {
  $oid: (value) => ObjectId.createFromHexString(text(value)),
  $numberInt: (value) => Number.parseInt(text(value), 10),
  $numberLong: (value) => long(value),
  $numberDouble: (value) => new Double(Number(text(value).replace("+Infinity", "Infinity"))),
  $numberDecimal: (value) => Decimal128.fromString(text(value)),
  $date: (value) => new Date(dateMs(value)),
  $symbol: (value) => new BSONSymbol(text(value)),
  $uuid: (value) => new UUID(text(value)),
  $undefined: () => null,
  $minKey: () => new MinKey(),
  $maxKey: () => new MaxKey(),
  $binary: (value, { $type: type }) => binary(value, type),
  $type: (value, document) => ("$binary" in document ? binary(document["$binary"], value) : null),
  $timestamp: (value) => {
    const { t, i } = part(value);
    return new Timestamp({ t: number(t), i: number(i) });
  },
  $regex: (value, { $options: options = "" }) =>
    typeof value === "string" ? new BSONRegExp(value, text(options)) : undefined,
  $regularExpression: (value) => {
    const { pattern, options } = part(value);
    return new BSONRegExp(text(pattern), text(options));
  },
  $code: (value, { $scope: scope }) =>
    new Code(text(value), scope === undefined ? undefined : part(scope)),
  $dbPointer: (value) => reference(part(value)),
  $ref: (_value, document) => reference(document),
};

function reference({ $ref: name, $id: id, $db: db }: Document): unknown {
  if (bsonType(id) !== "ObjectId") return undefined;
  return new DBRef(text(name), id as ObjectId, db === undefined ? undefined : text(db));
}

function binary(value: unknown, type: unknown): Binary {
  const { base64, subType } = isDocument(value) ? value : { base64: value, subType: type };
  const kind = typeof subType === "number" ? subType : Number.parseInt(text(subType ?? "00"), 16);
  return new Binary(Buffer.from(text(base64), "base64"), kind);
}

function dateMs(value: unknown): number {
  if (typeof value !== "string") return number(value);
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new DataError(`$date is no moment: ${value}`);
  return ms;
}

function long(value: unknown): Long {
  if (bsonType(value) === "Long") return value as Long;
  const digits = typeof value === "number" ? String(value) : text(value);
  const parsed = Long.fromString(digits);
  if (parsed.toString() !== digits.replace(/^\+/, "")) throw new DataError(`${digits} is no int64`);
  return parsed;
}

function number(value: unknown): number {
  if (typeof value === "number") return value;
  if (bsonType(value) === "Long") return (value as Long).toNumber();
  if (bsonType(value) === "Double") return (value as Double).value;
  throw new DataError("a number is expected");
}

function part(value: unknown): Document {
  if (isDocument(value)) return value;
  throw new DataError("a document is expected");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new DataError("a text is expected");
}
