/** A type of the database, from its catalog. */
export interface PgType {
  readonly oid: number;
  readonly name: string;
  /** The name that its form is found by; empty for types that users have made. */
  readonly form: string;
  /** `typtype`: base, composite, domain, enum, pseudo, range or multirange. */
  readonly kind: string;
  /** The type of the elements of an array, else 0. */
  readonly elementOid: number;
  /** What a domain is made of, else 0. */
  readonly baseOid: number;
  /** Length, precision or scale that a domain brings along, else -1. */
  readonly baseModifier: number;
  /** An enum's labels in their order. */
  readonly labels: readonly string[];
}

/** Knows the types by their oid. */
export type PgTypes = ReadonlyMap<number, PgType>;

/**
 * What a column of a domain is made of, through all domains.
 * @param modifier the column's `atttypmod`
 */
export function baseType(
  types: PgTypes,
  oid: number,
  modifier: number,
): { type: PgType; modifier: number } | undefined {
  let type = types.get(oid);
  while (type !== undefined && type.kind === "d") {
    if (type.baseModifier >= 0) modifier = type.baseModifier;
    type = types.get(type.baseOid);
  }
  return type && { type, modifier };
}
