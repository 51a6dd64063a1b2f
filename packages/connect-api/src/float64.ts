const BRAND = Symbol.for("millrace.connect.float64");

/**
 * A floating-point number in schemaless data whose value happens to be whole (`1.0`,
 * `1e3`). A plain JavaScript number would be taken for an integer and written back as
 * `1`; the box keeps it a float. Numbers with a fraction stay plain numbers, and data
 * with a schema never needs the box.
 */
export class Float64 {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  equals(other: unknown): boolean {
    return isFloat64(other) && Object.is(this.value, other.value);
  }
}

Object.defineProperty(Float64.prototype, BRAND, { value: true });

/** True for a boxed float, whichever copy of this package made it. */
export function isFloat64(value: unknown): value is Float64 {
  return typeof value === "object" && value !== null && BRAND in value;
}
