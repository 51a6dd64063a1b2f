import { createHash, getHashes } from "node:crypto";
import { ConfigError, type Props } from "@millrace/connect-api";
import { NamePatterns } from "../patterns.ts";
import type { TypeForm, ValueReader } from "../types/column-type.ts";

/** Changes a text before it leaves the connector. @param limit characters the column holds, if it has a limit */
type Change = (text: string, limit: number | undefined) => string;
/** The same of bytes. */
type BytesChange = (bytes: Buffer) => Buffer;

interface Rule {
  readonly columns: NamePatterns;
  readonly change: Change;
  /** Bytes are left as they are without it. */
  readonly changeBytes?: BytesChange;
  /** Also stands where the column is null. */
  readonly hidesNull: boolean;
  /** The parameter of the field's schema that tells of it. */
  readonly parameter: readonly [string, string];
}

/** How a column is read whose texts are changed. */
interface ColumnChange {
  readonly read: ValueReader;
  readonly whenNull: string | undefined;
  readonly parameter: readonly [string, string];
}

const MASKED = ["masked", "true"] as const;

/** Texts that are cut, masked or hashed, by the keys whose names hold a number or a salt. */
export class ColumnChanges {
  readonly #rules: readonly Rule[];

  /** @throws {ConfigError} for a key that is not understood */
  constructor(props: Props) {
    this.#rules = Object.entries(props).flatMap(([key, value]) => {
      const rule = ruleOf(key, props);
      return rule === undefined ? [] : [{ columns: new NamePatterns(value), ...rule }];
    });
  }

  /**
   * How the column is read then. Only texts are changed, and bytes cut; the schema of whatever
   * else is named tells of it too.
   * @param column `schema.table.column`
   */
  apply(
    column: string,
    { read, schema }: Pick<TypeForm, "read" | "schema">,
    limit: number | undefined,
  ): ColumnChange | undefined {
    const rule = this.#rules.find(({ columns }) => columns.matches(column));
    if (rule === undefined) return undefined;
    const { parameter, changeBytes } = rule;
    if (changeBytes !== undefined && schema.type === "BYTES" && schema.name === undefined) {
      const cut: ValueReader = (...place) => changeBytes(read(...place) as Buffer);
      return { read: cut, whenNull: undefined, parameter };
    }
    if (schema.type !== "STRING") return { read, whenNull: undefined, parameter };
    return {
      parameter,
      read: (bytes, at, length) => {
        const value = read(bytes, at, length);
        return typeof value === "string" ? rule.change(value, limit) : value;
      },
      whenNull: rule.hidesNull ? rule.change("", limit) : undefined,
    };
  }
}

/** Whether the key is one of those. */
export function isColumnChange(key: string): boolean {
  return /^column\.(truncate\.to\.|mask\.(with\.|hash\.))/.test(key);
}

function ruleOf(key: string, props: Props): Omit<Rule, "columns"> | undefined {
  if (!isColumnChange(key)) return undefined;
  const truncate = /^column\.truncate\.to\.(\d+)\.chars$/.exec(key);
  if (truncate !== null) {
    const length = Number(truncate[1]);
    return {
      change: (text) => text.slice(0, length),
      changeBytes: (bytes) => bytes.subarray(0, length),
      hidesNull: false,
      parameter: ["truncateLength", String(length)],
    };
  }
  const mask = /^column\.mask\.with\.(\d+)\.chars$/.exec(key);
  if (mask !== null) {
    const stars = "*".repeat(Number(mask[1]));
    return { change: () => stars, hidesNull: true, parameter: MASKED };
  }
  const hash = /^column\.mask\.hash\.(v2\.)?([^.]+)\.with\.salt\.(.+)$/.exec(key);
  if (hash === null) {
    throw new ConfigError(
      key,
      props[key],
      "Not understood: write column.truncate.to.N.chars, column.mask.with.N.chars or column.mask.hash.v2.ALGORITHM.with.salt.SALT",
    );
  }
  const [, isSecond, algorithm = "", salt = ""] = hash;
  const name = algorithm.toLowerCase().replace(/^sha-(?=\d)/, "sha");
  if (!getHashes().some((known) => known.toLowerCase() === name)) {
    throw new ConfigError(
      key,
      props[key],
      `There is no hash ${algorithm}; use one such as SHA-256 or SHA-512`,
    );
  }
  const bytesOf = isSecond === undefined ? serialized : (text: string) => Buffer.from(text);
  const change: Change = (text, limit) => {
    const digest = createHash(name).update(salt).update(bytesOf(text)).digest("hex");
    return limit === undefined ? digest : digest.slice(0, limit);
  };
  return { change, hidesNull: false, parameter: MASKED };
}

/** A short text as Java's `ObjectOutputStream` writes it, which the first version hashes. */
function serialized(text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.from("aced000574", "hex");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length & 0xffff);
  return Buffer.concat([header, length, bytes]);
}
