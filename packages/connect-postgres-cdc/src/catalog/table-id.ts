/** A table by its plain names. */
export interface TableId {
  readonly schema: string;
  readonly name: string;
}

/** `schema.name`, as configurations, offsets and messages have it. */
export function plainName({ schema, name }: TableId): string {
  return `${schema}.${name}`;
}
