import { doubleText } from "@millrace/connect-api";
import type {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
} from "mongodb";
import { bsonType, type Document } from "./document.ts";
import { isoText } from "./iso-text.ts";
import { quote } from "./json-text.ts";

/**
 * How values without a counterpart in JSON are written. `strict` is the formatter `DefaultJson`,
 * `extended` `ExtendedJson`, `simplified` `SimplifiedJson`; `relaxed` is what Java writes by
 * itself, as in offsets.
 */
export type JsonMode = "strict" | "extended" | "relaxed" | "simplified";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
/** The years 1970 to 9999, whose dates relaxed JSON writes as texts. */
const RELAXED_DATE_END = 253_402_300_800_000;

/** Writes BSON as JSON, byte for byte as Java's library of BSON does it. */
export class JsonWriter {
  readonly #mode: JsonMode;
  readonly #isRelaxed: boolean;

  constructor(mode: JsonMode) {
    this.#mode = mode;
    this.#isRelaxed = mode === "relaxed" || mode === "simplified";
  }

  write(document: Document): string {
    let text = "{";
    for (const name of Object.keys(document)) {
      if (text.length > 1) text += ", ";
      text += `${quote(name)}: ${this.value(document[name])}`;
    }
    return `${text}}`;
  }

  value(value: unknown): string {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "boolean":
        return String(value);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.#long(String(value));
      case "object":
        return value === null ? "null" : this.#object(value);
      default:
        return this.#wrapped("$undefined", "true");
    }
  }

  #object(value: object): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.value(item)).join(", ")}]`;
    if (value instanceof Date) return this.#date(value.getTime());
    if (value instanceof Uint8Array) return this.#binary(value, 0);
    const type = bsonType(value);
    return type === undefined ? this.write(value as Document) : this.#special(type, value);
  }

  #special(type: string, value: object): string {
    switch (type) {
      case "Int32":
        return this.#int32((value as Int32).value);
      case "Double":
        return this.#double((value as Double).value);
      case "Long":
        return this.#long((value as Long).toString());
      case "Decimal128":
        return this.#text("$numberDecimal", (value as Decimal128).toString());
      case "ObjectId":
        return this.#text("$oid", (value as ObjectId).toHexString());
      case "BSONSymbol":
        return this.#text("$symbol", (value as BSONSymbol).value);
      case "Binary": {
        const binary = value as Binary;
        return this.#binary(binary.value(), binary.sub_type);
      }
      case "Timestamp": {
        const { t, i } = value as Timestamp;
        return this.#wrapped("$timestamp", `{"t": ${t}, "i": ${i}}`);
      }
      case "BSONRegExp":
        return this.#regex(value as BSONRegExp);
      case "Code": {
        const { code, scope } = value as Code;
        const text = `{"$code": ${quote(code)}`;
        return scope === null ? `${text}}` : `${text}, "$scope": ${this.write(scope)}}`;
      }
      case "MinKey":
        return this.#wrapped("$minKey", "1");
      case "MaxKey":
        return this.#wrapped("$maxKey", "1");
      case "DBRef":
        return this.#dbRef(value as DBRef);
      default:
        throw new TypeError(`${type} is no type of BSON that is known here`);
    }
  }

  #number(value: number): string {
    const isInt32 =
      Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX && !Object.is(value, -0);
    return isInt32 ? this.#int32(value) : this.#double(value);
  }

  #int32(value: number): string {
    return this.#mode === "extended" ? this.#wrapped("$numberInt", `"${value}"`) : String(value);
  }

  #long(digits: string): string {
    return this.#isRelaxed ? digits : this.#wrapped("$numberLong", `"${digits}"`);
  }

  #double(value: number): string {
    const text = Number.isFinite(value) ? doubleText(value) : String(value);
    const isPlain = this.#isRelaxed ? Number.isFinite(value) : this.#mode === "strict";
    return isPlain ? text : this.#wrapped("$numberDouble", `"${text}"`);
  }

  #date(ms: number): string {
    switch (this.#mode) {
      case "strict":
        return this.#wrapped("$date", String(ms));
      case "simplified":
        return `"${isoText(ms)}"`;
      case "extended":
        return this.#wrapped("$date", `{"$numberLong": "${ms}"}`);
      case "relaxed":
        return ms >= 0 && ms < RELAXED_DATE_END
          ? this.#wrapped("$date", `"${isoText(ms)}"`)
          : this.#wrapped("$date", `{"$numberLong": "${ms}"}`);
    }
  }

  #binary(bytes: Uint8Array, subType: number): string {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
    const type = subType.toString(16).padStart(2, "0");
    switch (this.#mode) {
      case "strict":
        return `{"$binary": "${base64}", "$type": "${type}"}`;
      case "simplified":
        return `"${base64}"`;
      default:
        return `{"$binary": {"base64": "${base64}", "subType": "${type}"}}`;
    }
  }

  #regex({ pattern, options }: BSONRegExp): string {
    return this.#mode === "strict"
      ? `{"$regex": ${quote(pattern)}, "$options": ${quote(options)}}`
      : `{"$regularExpression": {"pattern": ${quote(pattern)}, "options": ${quote(options)}}}`;
  }

  #dbRef({ collection, oid, db }: DBRef): string {
    const name = db ? `${db}.${collection}` : collection;
    const ref = `{"$ref": ${quote(name)}, "$id": ${this.value(oid)}}`;
    return this.#mode === "extended" ? this.#wrapped("$dbPointer", ref) : ref;
  }

  /** Texts that only simplified JSON writes without saying their type. */
  #text(type: string, value: string): string {
    return this.#mode === "simplified" ? quote(value) : this.#wrapped(type, quote(value));
  }

  #wrapped(type: string, text: string): string {
    return `{"${type}": ${text}}`;
  }
}

const RELAXED = new JsonWriter("relaxed");

/** A document as Java writes it in offsets and keys of heartbeats. */
export const toJson = (document: Document): string => RELAXED.write(document);
