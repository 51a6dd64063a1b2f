import { renameSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { MemoryOffsets, RecordingLogger, startSource } from "@millrace/connect-testkit";
import { expect, test } from "vitest";
import { FamilyMemory } from "../src/file-source/family-memory.ts";
import { FileSet } from "../src/file-source/file-set.ts";
import { Identification } from "../src/file-source/identify.ts";
import { lookAt } from "../src/file-source/listing.ts";
import type { TrackedFile } from "../src/file-source/tracked-file.ts";
import { FileSourceConnector } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

const path = temporaryFolder();

/** Calls back once when it is asked for a file: between a look at a folder and one into its files. */
class WatchedSet extends FileSet {
  asked: { readonly id: string; readonly act: () => void } | null = null;

  override get(id: string): TrackedFile | undefined {
    const { asked } = this;
    if (asked?.id === id) {
      this.asked = null;
      asked.act();
    }
    return super.get(id);
  }
}

const found = (name: string) => ({ found: lookAt(path(name))!, version: null });

test("a file keeps its position where another one is renamed while it is looked for", async () => {
  const offsets = new MemoryOffsets();
  await writeFile(path("in.log.1"), "older\n");
  await writeFile(path("in.log"), "old\n");
  {
    const props = { paths: path("in.log*"), topic: "lines" };
    await using run = await startSource(FileSourceConnector, props, { offsets });
    await run.take(2);
    await run.commit();
  }
  // A rotation that is not over: there is no new file yet.
  await rename(path("in.log.1"), path("in.log.2"));
  await rename(path("in.log"), path("in.log.1"));
  const files = new WatchedSet(new FamilyMemory());
  const identification = new Identification(files, offsets, new RecordingLogger());
  files.asked = {
    id: lookAt(path("in.log.2"))!.id,
    act: () => renameSync(path("in.log.2"), path("in.log.3")),
  };
  await identification.add([found("in.log.1"), found("in.log.2")]);
  expect(files.asked).toBeNull();
  await identification.add([found("in.log.1"), found("in.log.3")]);
  const positions = [...files.all()].map((file) => [file.path, file.position]);
  expect(Object.fromEntries(positions)).toEqual({
    [path("in.log.1")]: "old\n".length,
    [path("in.log.3")]: "older\n".length,
  });
});
