/** A BSON document as the driver takes and gives it: numbers of a kind that matters are its classes. */
export type Document = Record<string, unknown>;

interface BsonObject {
  readonly _bsontype: string;
}

/** The driver's class of a value (`ObjectId`, `Long` …), undefined for values of JavaScript. */
export function bsonType(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "_bsontype" in value
    ? (value as BsonObject)._bsontype
    : undefined;
}

/** True for an embedded document: no array, date, bytes or BSON class. */
export function isDocument(value: unknown): value is Document {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Sets a field as data, whatever its name (`__proto__` too). */
export function setField(document: Document, name: string, value: unknown): void {
  if (name !== "__proto__") {
    document[name] = value;
    return;
  }
  const property = { value, enumerable: true, writable: true, configurable: true };
  Object.defineProperty(document, name, property);
}

/** A field's value, undefined when there is none; never what a prototype has. */
export function getField(document: Document, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

/** The value at a dotted path through documents, undefined when there is none. */
export function lookUp(document: Document, path: string): unknown {
  if (Object.hasOwn(document, path)) return document[path];
  let value: unknown = document;
  for (const part of path.split(".")) {
    if (!isDocument(value)) return undefined;
    value = getField(value, part);
  }
  return value;
}

/** Removes fields that are null, within documents and the documents of arrays too. */
export function removeNulls(document: Document): void {
  for (const [name, value] of Object.entries(document)) {
    if (value === null || value === undefined) delete document[name];
    else removeNullsWithin(value);
  }
}

function removeNullsWithin(value: unknown): void {
  if (Array.isArray(value)) value.forEach(removeNullsWithin);
  else if (isDocument(value)) removeNulls(value);
}
