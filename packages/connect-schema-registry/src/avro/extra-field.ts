import type { AvroSchema } from "@millrace/avro-data";

/** The first field that data of one schema has and another schema has not, as a path. */
export function extraField(data: AvroSchema, target: AvroSchema): string | undefined {
  if (data.type === "union" || target.type === "union") {
    const parts = requiredParts(data);
    const others = requiredParts(target);
    return parts.length === 1 && others.length === 1
      ? extraField(parts[0]!, others[0]!)
      : undefined;
  }
  if (data.type === "array" && target.type === "array") return extraField(data.items, target.items);
  if (data.type === "map" && target.type === "map") return extraField(data.values, target.values);
  if (data.type !== "record" || target.type !== "record") return undefined;
  for (const field of data.fields) {
    const twin = target.fields.find(({ name }) => name === field.name);
    if (twin === undefined) return field.name;
    const inner = extraField(field.schema, twin.schema);
    if (inner !== undefined) return `${field.name}.${inner}`;
  }
  return undefined;
}

const requiredParts = (schema: AvroSchema): readonly AvroSchema[] =>
  schema.type === "union" ? schema.branches.filter(({ type }) => type !== "null") : [schema];
