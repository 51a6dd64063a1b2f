import {
  isStruct,
  mapGet,
  optionalSchema,
  type Schema,
  SchemaBuilder,
} from "@millrace/connect-api";
import { fieldCopy, type FieldCopy, readField } from "./field-copy.ts";
import { EACH, type Step, stepsText } from "./field-path.ts";
import { noElements } from "./misled-path.ts";
import { requireMap } from "./requirements.ts";
import type { Convert } from "./rewrite.ts";
import { eachElement } from "./schemaless-map.ts";

/** How what a path leads to is read from structs of one schema. */
export interface PathReader {
  /** Of what is read; it may be null even where this is required, if `mayLack`. */
  readonly schema: Schema;
  /** Whether something on the way may be null. */
  readonly mayLack: boolean;
  /** Null where something on the way is. */
  readonly read: Convert;
}

/**
 * Works out how to read a path. `[*]` makes a list of what it reads in each element of a
 * list, and a map of what it reads in each value of a map.
 * @returns undefined when there is no such field
 * @throws {DataError} when it leads into what has neither fields nor elements
 */
export function compileReader(
  schema: Schema,
  steps: readonly Step[],
  replaceNulls: boolean,
): PathReader | undefined {
  const copies: FieldCopy[] = [];
  let current = schema;
  let mayLack = false;
  for (const [i, step] of steps.entries()) {
    if (step === EACH) {
      const list = { schema: current, mayLack, read: fieldsReader(copies) };
      const path = stepsText(steps.slice(0, i));
      return elementsReader(list, path, steps.slice(i + 1), replaceNulls);
    }
    const field = current.field(step);
    if (field === undefined) return undefined;
    if (i > 0) mayLack ||= current.optional;
    copies.push(fieldCopy(field, replaceNulls));
    current = field.schema;
  }
  return { schema: current, mayLack, read: fieldsReader(copies) };
}

function fieldsReader(copies: readonly FieldCopy[]): Convert {
  return (value) => readPath(copies, value);
}

/** Reads along fields; null when a struct on the way is. */
export function readPath(copies: readonly FieldCopy[], struct: unknown): unknown {
  let value = struct;
  for (const copy of copies) {
    if (!isStruct(value)) return null;
    value = readField(copy, value.values);
  }
  return value;
}

/** Reads the rest of a path in each element. */
function elementsReader(
  list: PathReader,
  path: string,
  rest: readonly Step[],
  replaceNulls: boolean,
): PathReader | undefined {
  const { schema } = list;
  if (schema.type !== "ARRAY" && schema.type !== "MAP") throw noElements(path, schema);
  if (rest.length === 0) return list;
  const element = compileReader(schema.valueSchema, rest, replaceNulls);
  if (element === undefined) return undefined;
  const elementLacks = element.mayLack || schema.valueSchema.optional;
  const elementSchema = elementLacks ? optionalSchema(element.schema) : element.schema;
  const made =
    schema.type === "ARRAY"
      ? SchemaBuilder.array(elementSchema).build()
      : SchemaBuilder.map(schema.keySchema, elementSchema).build();
  return {
    schema: list.mayLack || schema.optional ? optionalSchema(made) : made,
    mayLack: false,
    read: (value) => {
      const read = list.read(value);
      return read === null ? null : eachElement(read, path, element.read);
    },
  };
}

/** Works out how to read a path in maps without schema; null where there is nothing. */
export function schemalessReader(steps: readonly Step[]): Convert {
  const each = steps.indexOf(EACH);
  if (each < 0) return namesReader(steps as readonly string[]);
  const list = namesReader(steps.slice(0, each) as readonly string[]);
  const rest = steps.slice(each + 1);
  if (rest.length === 0) return list;
  const path = stepsText(steps.slice(0, each));
  const element = schemalessReader(rest);
  return (value) => {
    const read = list(value);
    return read === null ? null : eachElement(read, path, element);
  };
}

function namesReader(names: readonly string[]): Convert {
  return (value) => {
    let current = value;
    for (const name of names) {
      if (current === null) return null;
      current = mapGet(requireMap(current, "nested field access"), name) ?? null;
    }
    return current;
  };
}
