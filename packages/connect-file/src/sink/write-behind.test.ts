import { expect, test } from "vitest";
import type { LineWriter } from "./line-writer.ts";
import { WriteBehind } from "./write-behind.ts";

/** A disk whose writes end when the test says so. */
class Disk implements LineWriter {
  text = "";
  writes = 0;
  readonly #ends: ((error?: Error) => void)[] = [];

  async write(lines: Buffer): Promise<void> {
    this.writes++;
    await new Promise<void>((resolve, reject) =>
      this.#ends.push((error) => (error ? reject(error) : resolve())),
    );
    this.text += lines.toString();
  }

  /** Ends the write under way. */
  end(error?: Error): void {
    this.#ends.shift()?.(error);
  }

  async sync(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

const FULL = new Error("the disk is full");

test("lines are gathered while those before are written", async () => {
  const disk = new Disk();
  const lines = new WriteBehind(disk);
  lines.append("a");
  await lines.handOver();
  lines.append("b");
  lines.append("c");
  const handedOver = lines.handOver();
  expect(disk.writes).toBe(1);
  disk.end();
  await handedOver;
  expect([disk.text, disk.writes]).toEqual(["a\n", 2]);
  const drained = lines.drain();
  disk.end();
  expect([await drained, disk.text]).toEqual([true, "a\nb\nc\n"]);
});

test("what could not be written is written before what was gathered meanwhile", async () => {
  const disk = new Disk();
  const lines = new WriteBehind(disk);
  lines.append("a");
  await lines.handOver();
  lines.append("b");
  disk.end(FULL);
  await lines.handOver();
  expect(disk.writes).toBe(1);
  expect(await lines.drain()).toBe(false);

  const refused = lines.retryFailed();
  disk.end(FULL);
  await expect(refused).rejects.toBe(FULL);

  const retried = lines.retryFailed();
  disk.end();
  await retried;
  const drained = lines.drain();
  await Promise.resolve();
  disk.end();
  expect([await drained, disk.text]).toEqual([true, "a\nb\n"]);
});
