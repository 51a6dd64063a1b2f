import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { FileOffsetStore } from "./file-offset-store.ts";
import { readHashMap, writeHashMap } from "./java-hash-map.ts";

/** Written by the Java worker 4.3.1 (recorded); a file source at position 24. */
const JAVA_FILE = Buffer.from(
  "aced0005737200116a6176612e7574696c2e486173684d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573686f6c6478703f4000000000000c77080000001000000001757200025b42acf317f8060854e002000078700000002f5b227331222c7b2266696c656e616d65223a222f746d702f68432f676f6c64656e2f776f726b2f652e747874227d5d7571007e00020000000f7b22706f736974696f6e223a32347d78",
  "hex",
);
const JAVA_KEY = '["s1",{"filename":"/tmp/hC/golden/work/e.txt"}]';

async function file(content?: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "offsets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "connect.offsets");
  if (content) await writeFile(path, content);
  return path;
}

describe("Java's serialized map", () => {
  it("is read, and written to the same bytes", () => {
    const entries = readHashMap(JAVA_FILE);
    expect(entries.map(([key, value]) => [String(key), String(value)])).toEqual([
      [JAVA_KEY, '{"position":24}'],
    ]);
    expect(writeHashMap(entries)).toEqual(JAVA_FILE);
  });

  it("comes back as it was, whatever is in it", () => {
    const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)));
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 40 }), (entries) => {
        expect(readHashMap(writeHashMap(entries))).toEqual(entries);
      }),
    );
  });

  it("is refused when it is cut off, wherever", () => {
    for (let length = 1; length < JAVA_FILE.length; length++) {
      expect(() => readHashMap(JAVA_FILE.subarray(0, length))).toThrow(/expected/);
    }
  });
});

describe("FileOffsetStore", () => {
  it("begins empty where there is no file, and keeps what is set", async () => {
    const path = await file();
    const store = new FileOffsetStore(path);
    await store.start();
    expect(await store.get(["a"])).toEqual([null]);
    await store.set(
      new Map([
        ['["c",{"f":1}]', '{"p":1}'],
        ['["d",{}]', '{"p":9}'],
      ]),
    );
    await store.set(
      new Map([
        ['["c",{"f":2}]', '{"p":2}'],
        ['["d",{}]', null],
      ]),
    );

    const again = new FileOffsetStore(path);
    await again.start();
    expect(await again.get(['["c",{"f":2}]', '["d",{}]'])).toEqual(['{"p":2}', null]);
    expect([...(await again.entries("c")).values()]).toEqual(['{"p":1}', '{"p":2}']);
    expect(await readdir(join(path, ".."))).toEqual(["connect.offsets"]);
  });

  it("takes over a file of the Java worker", async () => {
    const store = new FileOffsetStore(await file(JAVA_FILE));
    await store.start();
    expect(await store.get([JAVA_KEY])).toEqual(['{"position":24}']);
  });

  it("finds a partition in whatever order its fields were written, and keeps that key", async () => {
    const written = Buffer.from('["c",{"table":"t","protocol":"1","n":9223372036854775807}]');
    const path = await file(writeHashMap([[written, Buffer.from('{"p":1}')]]));
    const store = new FileOffsetStore(path);
    await store.start();
    const asked = '["c",{"n":9223372036854775807,"protocol":"1","table":"t"}]';
    expect(await store.get([asked, asked.replace("807", "806")])).toEqual(['{"p":1}', null]);
    await store.set(new Map([[asked, '{"p":2}']]));
    expect(readHashMap(await readFile(path))).toEqual([[written, Buffer.from('{"p":2}')]]);
  });

  it("loses nothing when many set at once", async () => {
    const path = await file();
    const store = new FileOffsetStore(path);
    await store.start();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.set(new Map([[`k${i}`, `${i}`]]))),
    );
    expect(readHashMap(await readFile(path))).toHaveLength(50);
  });

  it("refuses another kind of file, names it and changes nothing", async () => {
    const path = await file(Buffer.from("not offsets"));
    await expect(new FileOffsetStore(path).start()).rejects.toThrow(
      /connect\.offsets .*is not one of Kafka Connect's/,
    );
    expect(await readFile(path, "utf8")).toBe("not offsets");
  });

  it("refuses to start where it could not write", async () => {
    const folder = join(await file(), "missing");
    await expect(new FileOffsetStore(join(folder, "offsets")).start()).rejects.toThrow(
      /missing\/offsets \(offset\.storage\.file\.filename\) cannot be written: .*Create its folder/,
    );
  });

  it("says why it cannot write, and goes on when it can again", async () => {
    const path = await file();
    const folder = join(path, "..");
    const store = new FileOffsetStore(path);
    await store.start();
    await rm(folder, { recursive: true });
    await expect(store.set(new Map([["k", "v"]]))).rejects.toThrow(/cannot be written/);
    expect(await store.get(["k"])).toEqual([null]);
    await mkdir(folder);
    await store.set(new Map([["k", "v"]]));
    expect(await store.get(["k"])).toEqual(["v"]);
  });
});
