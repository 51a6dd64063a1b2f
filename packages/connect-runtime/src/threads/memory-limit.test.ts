import { describe, expect, it } from "vitest";
import { defaultHeapMb, exceeds, memoryMessage } from "./memory-limit.ts";

const GB = 2 ** 30;

describe("a thread's memory", () => {
  it.each([
    ["half of it by the threads", 4 * GB, 2, 1024],
    ["at least enough for a task in a small container", GB / 2, 2, 256],
    ["never so much that collections get long", 256 * GB, 4, 2048],
  ])("is by default %s", (_, memory, threads, mb) => {
    expect(defaultHeapMb(threads, memory)).toBe(mb);
  });

  it("is exceeded by objects or by Buffers, and the message says by which", () => {
    const heap = { heapMb: 300.4, externalMb: 1 };
    const buffers = { heapMb: 1, externalMb: 301 };
    expect(exceeds({ heapMb: 256, externalMb: 256 }, 256)).toBe(false);
    expect(exceeds(heap, 256)).toBe(true);
    expect(exceeds(buffers, 256)).toBe(true);
    expect(memoryMessage(heap, 256)).toMatch(/heap took 300 MB.*256 MB.*raise task\.thread\.max\./);
    expect(memoryMessage(buffers, 256)).toMatch(/Buffers took 301 MB/);
  });
});
