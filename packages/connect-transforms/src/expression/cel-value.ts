import {
  type CelInput,
  type CelList,
  celList,
  type CelMap,
  celMap,
  type CelUint,
} from "@bufbuild/cel";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  DataError,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  javaClassName,
  mapEntries,
  mapGet,
  type MapLike,
  type Schema,
  type Struct,
} from "@millrace/connect-api";

type CelKey = bigint | string | boolean | CelUint;

/** A list or map of the record that an expression has come upon. */
export interface Origin {
  readonly schema: Schema | null;
  readonly value: object;
}

const ORIGINS = new WeakMap<object, Origin>();

/**
 * What a list or map was in the record; undefined for those that the expression made. A
 * result that only picks a part of the record is handed on as it is, with its schema.
 */
export function originOf(value: CelList | CelMap): Origin | undefined {
  return ORIGINS.get(value);
}

/**
 * A value of Connect as CEL sees it: integers are `int`, exact in all 64 bits, floats are
 * `double`, dates and times `timestamp`, decimals the `string` of their digits, structs
 * and maps `map`. Structs and maps are not converted but looked into; a field that is null
 * and has a default reads as the default, as with `Struct.get`.
 * @param schema null for data without schema, where whole numbers are integers
 * @throws {DataError} for a value that Connect does not have
 */
export function toCel(schema: Schema | null, value: unknown): CelInput {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return isInteger(schema, value) ? BigInt(value) : value;
    case "undefined":
      return null;
    case "object":
      return value === null ? null : objectToCel(schema, value);
    default:
      throw unknownValue(value);
  }
}

function isInteger(schema: Schema | null, value: number): boolean {
  if (schema === null) return Number.isSafeInteger(value);
  return schema.type !== "FLOAT64" && schema.type !== "FLOAT32" && Number.isInteger(value);
}

function objectToCel(schema: Schema | null, value: object): CelInput {
  if (isStruct(value)) return remembered(celMap(new StructMap(value)), value.schema, value);
  if (Array.isArray(value)) {
    const items = schema?.type === "ARRAY" ? schema.valueSchemaOrNull : null;
    const elements = (value as unknown[]).map((item) => toCel(items, item));
    return remembered(celList(elements), schema, value);
  }
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return timestampFromMs(value.getTime());
  if (isFloat64(value)) return value.value;
  // Never `toPlainString`: a scale of minus two thousand million makes as many zeros of it.
  if (isDecimal(value)) return value.toString();
  if (isMapLike(value)) {
    return remembered(celMap(new ConnectMap(value, schema)), schema, value);
  }
  throw unknownValue(value);
}

function remembered<T extends CelList | CelMap>(cel: T, schema: Schema | null, value: object): T {
  ORIGINS.set(cel, { schema, value });
  return cel;
}

function unknownValue(value: unknown): DataError {
  return new DataError(`Expressions cannot read values of ${javaClassName(value)}`);
}

/**
 * A `Map` that is looked into when somebody asks: the library wants a real one, and wraps
 * it. What `Map` itself holds are the entries that were asked for already.
 */
abstract class LazyMap extends Map<CelKey, CelInput> {
  protected abstract names(): Iterable<CelKey>;
  /** Undefined where there is no such key. */
  protected abstract read(key: CelKey): CelInput | undefined;

  override get(key: CelKey): CelInput | undefined {
    const known = super.get(key);
    if (known !== undefined) return known;
    const value = this.read(key);
    if (typeof value === "object" && value !== null) super.set(key, value);
    return value;
  }

  override has(key: CelKey): boolean {
    return this.get(key) !== undefined;
  }

  override *keys(): MapIterator<CelKey> {
    yield* this.names();
  }

  override *entries(): MapIterator<[CelKey, CelInput]> {
    for (const name of this.names()) yield [name, this.get(name) ?? null];
  }

  override *values(): MapIterator<CelInput> {
    for (const name of this.names()) yield this.get(name) ?? null;
  }

  override [Symbol.iterator](): MapIterator<[CelKey, CelInput]> {
    return this.entries();
  }

  override forEach(
    visit: (value: CelInput, key: CelKey, map: Map<CelKey, CelInput>) => void,
  ): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}

class StructMap extends LazyMap {
  readonly #struct: Struct;

  constructor(struct: Struct) {
    super();
    this.#struct = struct;
  }

  override get size(): number {
    return this.#struct.schema.fields.length;
  }

  protected override *names(): Iterable<string> {
    for (const { name } of this.#struct.schema.fields) yield name;
  }

  protected override read(key: CelKey): CelInput | undefined {
    const field = typeof key === "string" ? this.#struct.schema.field(key) : undefined;
    return field && toCel(field.schema, this.#struct.get(field));
  }
}

class ConnectMap extends LazyMap {
  readonly #map: MapLike;
  readonly #keys: Schema | null;
  readonly #values: Schema | null;

  constructor(map: MapLike, schema: Schema | null) {
    super();
    this.#map = map;
    this.#keys = schema?.type === "MAP" ? schema.keySchemaOrNull : null;
    this.#values = schema?.type === "MAP" ? schema.valueSchemaOrNull : null;
  }

  override get size(): number {
    return this.#map instanceof Map ? this.#map.size : Object.keys(this.#map).length;
  }

  protected override *names(): Iterable<CelKey> {
    for (const [key] of mapEntries(this.#map)) yield toCel(this.#keys, key) as CelKey;
  }

  protected override read(key: CelKey): CelInput | undefined {
    const value = this.#find(key);
    return value === undefined ? undefined : toCel(this.#values, value);
  }

  #find(key: CelKey): unknown {
    if (typeof key === "string") return mapGet(this.#map, key);
    if (!(this.#map instanceof Map)) return undefined;
    const map = this.#map as ReadonlyMap<unknown, unknown>;
    // Integers are numbers where these are exact.
    return map.get(key) ?? (typeof key === "bigint" ? map.get(Number(key)) : undefined);
  }
}
