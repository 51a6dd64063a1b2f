import type { Schema, SinkRecord } from "@millrace/connect-api";
import type { Kind } from "@millrace/jdbc-dialects";

/** A column of the rows that records of one form make, and where its value comes from. */
export interface RowField {
  readonly name: string;
  readonly schema: Schema | null;
  readonly kind: Kind;
  readonly isKey: boolean;
  /** Whether a column made for it may be without value. */
  readonly optional: boolean;
  /** The Connect value in a record; null or undefined is written as NULL. */
  readonly read: (record: SinkRecord) => unknown;
}

/** What records of one topic, one key schema and one value schema become. Plans are compared by identity. */
export interface RowPlan {
  /** Whether the row of the key is deleted; else it is written. */
  readonly isDelete: boolean;
  /** Those of the key first. For records that delete, these alone. */
  readonly fields: readonly RowField[];
  /** The columns of a table that is made for them, in its order. */
  readonly tableFields: readonly RowField[];
}

/** Identifies a row within its table; undefined where it has no key, or a part of it is null. */
export type RowKey = string | number | bigint | boolean | undefined;

export const keyFieldsOf = (plan: RowPlan): RowField[] => plan.fields.filter(({ isKey }) => isKey);
