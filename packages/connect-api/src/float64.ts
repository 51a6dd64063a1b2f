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
}
