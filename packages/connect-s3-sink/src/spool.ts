import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Bytes that wait to be uploaded: in memory, and in a temporary file where there was no room.
 * The file has no name any more once it is open, so that it goes with the process.
 */
export class Spool implements Disposable {
  #memory: Uint8Array[] = [];
  #inMemory = 0;
  #file: number | undefined;
  #inFile = 0;

  /** All that waits. */
  get length(): number {
    return this.#inFile + this.#inMemory;
  }

  get memory(): number {
    return this.#inMemory;
  }

  write(bytes: Uint8Array): void {
    this.#memory.push(bytes);
    this.#inMemory += bytes.length;
  }

  /** Puts what is in memory into the file. */
  spill(): void {
    if (this.#inMemory === 0) return;
    this.#file ??= openUnnamed();
    for (const bytes of this.#memory) {
      let written = 0;
      while (written < bytes.length) {
        const rest = bytes.length - written;
        written += writeSync(this.#file, bytes, written, rest, this.#inFile + written);
      }
      this.#inFile += bytes.length;
    }
    this.#memory = [];
    this.#inMemory = 0;
  }

  /** Takes out the first bytes, at most so many. */
  take(most: number): Buffer {
    const size = Math.min(most, this.length);
    const taken = Buffer.allocUnsafeSlow(size);
    const fromFile = Math.min(size, this.#inFile);
    if (fromFile > 0) this.#readFile(taken, fromFile);
    let at = fromFile;
    while (at < size) {
      const first = this.#memory[0]!;
      const part = first.subarray(0, size - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === first.length) this.#memory.shift();
      else this.#memory[0] = first.subarray(part.length);
      this.#inMemory -= part.length;
    }
    return taken;
  }

  #readFile(target: Buffer, length: number): void {
    for (let at = 0; at < length;) at += readSync(this.#file!, target, at, length - at, at);
    const rest = this.#inFile - length;
    if (rest > 0) {
      const moved = Buffer.allocUnsafe(rest);
      for (let at = 0; at < rest;) at += readSync(this.#file!, moved, at, rest - at, length + at);
      writeSync(this.#file!, moved, 0, rest, 0);
    }
    this.#inFile = rest;
  }

  [Symbol.dispose](): void {
    this.#memory = [];
    this.#inMemory = 0;
    this.#inFile = 0;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function openUnnamed(): number {
  const path = join(tmpdir(), `millrace-s3-${randomUUID()}`);
  const file = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return file;
}
