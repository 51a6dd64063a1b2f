import { Schema, type SchemaParts } from "@millrace/connect-api";
import type { TypeForm } from "./column-type.ts";

/** The form of a struct. @param bind how it is made in a schema of these parts */
export function structForm(
  parts: SchemaParts,
  bind: (schema: Schema) => Pick<TypeForm, "read" | "zero">,
): TypeForm {
  return { schema: parts, bind, ...bind(new Schema(parts)) };
}

/** How a field of that schema is read. */
export function bound(form: TypeForm, schema: Schema): Pick<TypeForm, "read" | "zero"> {
  return form.bind?.(schema) ?? form;
}
