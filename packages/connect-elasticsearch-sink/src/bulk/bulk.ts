import type { Operation } from "./operation.ts";

/** The operations of one bulk request, and its size. */
export class Bulk {
  readonly operations: Operation[] = [];
  #bytes = 0;

  static of(operations: readonly Operation[]): Bulk {
    const bulk = new Bulk();
    for (const operation of operations) bulk.add(operation, Infinity);
    return bulk;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false, and adds nothing, when the body would grow beyond `maxBytes`; the first one always fits */
  add(operation: Operation, maxBytes: number): boolean {
    const bytes = this.#bytes + sizeOf(operation);
    if (bytes > maxBytes && this.operations.length > 0) return false;
    this.#bytes = bytes;
    this.operations.push(operation);
    return true;
  }

  /** Newline-delimited JSON, put together anew: operations written one after the other are copied as one. */
  body(): Buffer {
    const body = Buffer.allocUnsafeSlow(this.#bytes);
    let size = 0;
    let run: { chunk: Buffer; start: number; end: number } | undefined;
    for (const { lines } of this.operations) {
      if (run !== undefined && run.chunk === lines.chunk && run.end === lines.start) {
        run.end = lines.end;
        continue;
      }
      if (run !== undefined) size += run.chunk.copy(body, size, run.start, run.end);
      run = { ...lines };
    }
    run?.chunk.copy(body, size, run.start, run.end);
    return body;
  }
}

/** Bytes of the operation's lines. */
export function sizeOf({ lines }: Operation): number {
  return lines.end - lines.start;
}
