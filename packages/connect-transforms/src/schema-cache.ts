import type { Schema } from "@millrace/connect-api";

/** As many as Java's transforms keep. */
const RECENT = 16;

/**
 * What a transform works out for a schema, once. Found by the schema object, which costs
 * next to nothing per record; and where that one is new, by an equal schema of late, so
 * that equal schemas lead to the same plan and to the identical schema in the output.
 */
export class SchemaCache<Plan> {
  readonly #compile: (schema: Schema) => Plan;
  readonly #bySchema = new WeakMap<Schema, { readonly plan: Plan }>();
  /** Found last: most records have the schema of the one before. */
  #last: Schema | undefined;
  #lastPlan: Plan | undefined;
  readonly #recent: { readonly schema: Schema; readonly plan: Plan }[] = [];

  constructor(compile: (schema: Schema) => Plan) {
    this.#compile = compile;
  }

  /** @throws whatever compiling throws, each time */
  get(schema: Schema): Plan {
    if (schema === this.#last) return this.#lastPlan!;
    const plan = this.#find(schema);
    this.#last = schema;
    this.#lastPlan = plan;
    return plan;
  }

  #find(schema: Schema): Plan {
    const known = this.#bySchema.get(schema);
    if (known !== undefined) return known.plan;
    const entry = this.#equalOf(schema) ?? { schema, plan: this.#compile(schema) };
    this.#recent.unshift(entry);
    if (this.#recent.length > RECENT) this.#recent.pop();
    this.#bySchema.set(schema, entry);
    return entry.plan;
  }

  /** Takes the entry out of the list: the caller puts it in front. */
  #equalOf(schema: Schema): { readonly schema: Schema; readonly plan: Plan } | undefined {
    const index = this.#recent.findIndex((entry) => entry.schema.equals(schema));
    return index < 0 ? undefined : this.#recent.splice(index, 1)[0];
  }
}
