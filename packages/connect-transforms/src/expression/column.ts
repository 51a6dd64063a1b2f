import type { CelValue } from "@bufbuild/cel";
import type { ConnectRecord, Schema, SchemaAndValue } from "@millrace/connect-api";
import type { Expression } from "./expression.ts";
import { inferType, type ResultType, schemalessValue } from "./result-type.ts";
import { find } from "./sources.ts";

/** A type that was declared for results, and whether they may be null. */
export interface DeclaredType {
  readonly type: ResultType;
  readonly required: boolean;
}

const DECLARE = "declare its type with the key types";

/**
 * What an expression gives for records of one schema. Its type is the declared one; or that
 * of the part of the record that the expression names; or the one that its first result
 * shows. It stays that for all further records.
 */
export class Column {
  readonly #expression: Expression;
  readonly #declared: DeclaredType | undefined;
  #inferred: ResultType | undefined;
  #schema: Schema | undefined;

  constructor(expression: Expression, declared: DeclaredType | undefined) {
    this.#expression = expression;
    this.#declared = declared;
    this.#schema = declared?.type.schema(!declared.required);
  }

  /** Known once there was a value. */
  get schema(): Schema {
    if (this.#schema === undefined) throw this.#expression.error("its type is not known yet");
    return this.#schema;
  }

  /**
   * The result for a record with a schema.
   * @throws {DataError} when there is none, or it does not fit the type
   */
  value(record: ConnectRecord): unknown {
    const expression = this.#expression;
    if (this.#declared !== undefined) return declared(expression, this.#declared, record, false);
    const found = expression.path && find(record, expression.path);
    return found?.schema && found.value !== undefined
      ? this.#asItIs(found.schema, found.value)
      : this.#inferredFrom(expression.evaluate(record));
  }

  /** A part of the record that has a schema of its own. */
  #asItIs(schema: Schema, value: unknown): unknown {
    this.#schema ??= schema;
    if (schema !== this.#schema && !schema.equals(this.#schema)) {
      throw this.#changed(schema.toString());
    }
    if (value === null && !schema.optional) {
      throw this.#expression.error(`it gives null, but ${schema.toString()} is required`);
    }
    return value;
  }

  #inferredFrom(result: CelValue): unknown {
    if (result === null) {
      if (this.#schema?.optional) return null;
      throw this.#expression.error(`it gives null, which does not tell what it is: ${DECLARE}`);
    }
    if (this.#schema !== undefined && this.#inferred === undefined) {
      throw this.#changed("a result of another kind");
    }
    try {
      this.#inferred ??= inferType(result);
      this.#schema ??= this.#inferred.schema(true);
      return this.#inferred.convert(result, false);
    } catch (error) {
      throw this.#expression.error(`${(error as Error).message}; ${DECLARE}`);
    }
  }

  #changed(now: string): Error {
    return this.#expression.error(
      `it gave ${this.schema.toString()} for records before, and now ${now}; ${DECLARE}`,
    );
  }
}

/**
 * The result for one record by itself, where the next one may have another type; null where
 * it is null.
 * @throws {DataError} as `Column.value`
 */
export function singleResult(
  expression: Expression,
  type: DeclaredType | undefined,
  record: ConnectRecord,
): SchemaAndValue | null {
  if (type !== undefined) {
    const value = declared(expression, type, record, false);
    return value === null ? null : { schema: type.type.schema(false), value };
  }
  const found = expression.path && find(record, expression.path);
  if (found?.schema && found.value !== undefined) {
    return found.value === null ? null : { schema: found.schema, value: found.value };
  }
  const result = expression.evaluate(record);
  if (result === null) return null;
  try {
    const inferred = inferType(result);
    return { schema: inferred.schema(false), value: inferred.convert(result, false) };
  } catch (error) {
    throw expression.error(`${(error as Error).message}; ${DECLARE}`);
  }
}

/** The result of an expression for a record without schema. @throws {DataError} as `Column.value` */
export function schemalessResult(
  expression: Expression,
  type: DeclaredType | undefined,
  record: ConnectRecord,
): unknown {
  if (type !== undefined) return declared(expression, type, record, true);
  const result = expression.evaluate(record);
  try {
    return schemalessValue(result);
  } catch (error) {
    throw expression.error(`${(error as Error).message}; ${DECLARE}`);
  }
}

function declared(
  expression: Expression,
  { type, required }: DeclaredType,
  record: ConnectRecord,
  schemaless: boolean,
): unknown {
  const result = expression.evaluate(record);
  if (result === null) {
    if (required) throw expression.error(`it gives null, but ${type.name} is required`);
    return null;
  }
  try {
    return type.convert(result, schemaless);
  } catch (error) {
    throw expression.error((error as Error).message);
  }
}
