/** An Avro schema as JavaScript objects. References to named types are the objects themselves. */
export type AvroSchema =
  | AvroPrimitive
  | AvroRecord
  | AvroEnum
  | AvroFixed
  | AvroArray
  | AvroMap
  | AvroUnion;

export type AvroPrimitiveType =
  | "null"
  | "boolean"
  | "int"
  | "long"
  | "float"
  | "double"
  | "bytes"
  | "string";

/** Properties that are not Avro's own, `logicalType` among them, in order. */
export type AvroProps = Map<string, unknown>;

export interface AvroPrimitive {
  readonly type: AvroPrimitiveType;
  readonly props: AvroProps;
}

interface AvroNamed {
  /** With the namespace. */
  readonly fullName: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  readonly props: AvroProps;
}

export interface AvroRecord extends AvroNamed {
  readonly type: "record";
  /** Filled in after the record was made: it may contain itself. */
  fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly schema: AvroSchema;
  readonly doc: string | undefined;
  /** As JSON has it; undefined = none. */
  readonly defaultValue: unknown;
  readonly aliases: readonly string[];
  readonly order: string | undefined;
  readonly props: AvroProps;
}

export interface AvroEnum extends AvroNamed {
  readonly type: "enum";
  readonly symbols: readonly string[];
  readonly defaultSymbol: string | undefined;
}

export interface AvroFixed extends AvroNamed {
  readonly type: "fixed";
  readonly size: number;
}

export interface AvroArray {
  readonly type: "array";
  readonly items: AvroSchema;
  readonly props: AvroProps;
}

export interface AvroMap {
  readonly type: "map";
  readonly values: AvroSchema;
  readonly props: AvroProps;
}

export interface AvroUnion {
  readonly type: "union";
  readonly branches: readonly AvroSchema[];
}

export type AvroNamedSchema = AvroRecord | AvroEnum | AvroFixed;

export const primitive = (type: AvroPrimitiveType): AvroPrimitive => ({ type, props: new Map() });

export function isNamed(schema: AvroSchema): schema is AvroNamedSchema {
  return schema.type === "record" || schema.type === "enum" || schema.type === "fixed";
}

/** A property of a schema; unions have none. */
export function prop(schema: AvroSchema, name: string): unknown {
  return schema.type === "union" ? undefined : schema.props.get(name);
}

/** The name's part after the last dot, and the part before it. */
export function splitName(fullName: string): { name: string; namespace: string | undefined } {
  const dot = fullName.lastIndexOf(".");
  return dot < 0
    ? { name: fullName, namespace: undefined }
    : { name: fullName.slice(dot + 1), namespace: fullName.slice(0, dot) };
}
