/**
 * Where source offsets are kept. Keys and values are the JSON texts that Kafka Connect
 * writes: key `["connector",{partition}]`, value `{offset}`; they are stored byte by byte
 * as given.
 */
export interface OffsetStore {
  /** Loads what is stored. @throws {ConnectError} naming what cannot be read and the remedy */
  start(): Promise<void>;
  /** Values in the order of the keys; null where nothing is stored. */
  get(keys: readonly string[]): Promise<(string | null)[]>;
  /** Stores values, null deletes. Resolves when they are durable (I1). */
  set(entries: ReadonlyMap<string, string | null>): Promise<void>;
  /** Every key and value of one connector. */
  entries(connector: string): Promise<Map<string, string>>;
  stop(): Promise<void>;
}
