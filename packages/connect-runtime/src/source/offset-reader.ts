import type { OffsetStorageReader, SourceOffset, SourcePartition } from "@millrace/connect-api";
import type { Calls } from "../threads/calls.ts";
import type { MainMethods } from "../threads/protocol.ts";
import { offsetKey, parseOffset } from "./offset-json.ts";

/** Reads a connector's committed offsets from the store, which lives on the main thread. */
export class OffsetReader implements OffsetStorageReader {
  readonly #connector: string;
  readonly #main: Calls<MainMethods>;

  constructor(connector: string, main: Calls<MainMethods>) {
    this.#connector = connector;
    this.#main = main;
  }

  async offset(partition: SourcePartition): Promise<SourceOffset | null> {
    const [offset] = await this.offsets([partition]);
    return offset ?? null;
  }

  async offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | null)[]> {
    const keys = partitions.map((partition) => offsetKey(this.#connector, partition));
    const values = await this.#main.ask("readOffsets", [keys]);
    return values.map((value) => (value === null ? null : parseOffset(value)));
  }
}
