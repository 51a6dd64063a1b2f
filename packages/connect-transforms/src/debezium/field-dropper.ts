import { type Schema, Struct } from "@millrace/connect-api";
import { copiedFields, fieldCopies, type FieldCopy, structLike } from "../field-copy.ts";
import { SchemaCache } from "../schema-cache.ts";

/** Lists of fields that were asked for of late. */
const RECENT = 64;

interface Plan {
  readonly schema: Schema;
  readonly copies: readonly FieldCopy[];
}

/** Leaves fields out of structs, other ones from event to event. */
export class FieldDropper {
  readonly #onlyOptional: boolean;
  readonly #replaceNulls: boolean;
  readonly #plans = new Map<string, SchemaCache<Plan>>();

  /** @param onlyOptional whether required fields stay in any case */
  constructor(onlyOptional: boolean, replaceNulls: boolean) {
    this.#onlyOptional = onlyOptional;
    this.#replaceNulls = replaceNulls;
  }

  without(struct: Struct, names: readonly string[]): Struct {
    const { schema, copies } = this.#plansFor(names).get(struct.schema);
    return Struct.of(schema, copiedFields(copies, struct.values));
  }

  #plansFor(names: readonly string[]): SchemaCache<Plan> {
    const id = JSON.stringify(names);
    let plans = this.#plans.get(id);
    if (plans === undefined) {
      if (this.#plans.size === RECENT) this.#plans.clear();
      plans = new SchemaCache((schema) => this.#compile(schema, names));
      this.#plans.set(id, plans);
    }
    return plans;
  }

  #compile(schema: Schema, names: readonly string[]): Plan {
    const isKept = (copy: FieldCopy) =>
      !names.includes(copy.name) || (this.#onlyOptional && !copy.schema.optional);
    const copies = fieldCopies(schema, this.#replaceNulls).filter(isKept);
    const builder = structLike(schema);
    for (const copy of copies) builder.field(copy.name, copy.schema);
    return { schema: builder.build(), copies };
  }
}
