import { constants } from "node:fs";
import { copyFile, link, mkdir, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Logger, OffsetStorageReader } from "@millrace/connect-api";
import { allowedRoots, checkAllowed } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";
import type { Config } from "./config.ts";
import { versionOf } from "./ingest-gate.ts";
import { lookAt } from "./listing.ts";
import { storedOffset } from "./offset.ts";
import type { TrackedFile } from "./tracked-file.ts";

/**
 * Deletes or moves files that were ingested, not before their offsets are committed: then Kafka has
 * all their records (I1), and a worker that dies in between knows what it has read.
 */
export class Cleanup {
  readonly #action: Config["ingest.cleanup"];
  readonly #folder: string;
  readonly #marker: string | null;
  readonly #offsets: OffsetStorageReader;
  readonly #logger: Logger;
  readonly #waiting = new Set<TrackedFile>();

  constructor(config: Config, offsets: OffsetStorageReader, logger: Logger) {
    this.#action = config["ingest.cleanup"];
    this.#folder = config["ingest.move.to"] ?? "";
    this.#marker = config["ingest.marker.suffix"] || null;
    this.#offsets = offsets;
    this.#logger = logger;
  }

  /** It was read to its end. */
  add(file: TrackedFile): void {
    if (this.#action !== "none") this.#waiting.add(file);
  }

  /**
   * Cleans up after the files whose offsets are committed.
   * @returns those that are gone
   */
  async run(): Promise<TrackedFile[]> {
    const files = [...this.#waiting];
    if (files.length === 0) return [];
    const offsets = await this.#offsets.offsets(files.map(({ partition }) => partition));
    const gone: TrackedFile[] = [];
    for (const [i, file] of files.entries()) {
      if (!file.isDone) {
        // It was changed, and is read anew.
        this.#waiting.delete(file);
        continue;
      }
      const offset = offsets[i] ?? null;
      const stored = offset === null ? null : storedOffset(file.key, offset);
      const isStored = stored?.file?.inode === file.inode && stored.position >= file.recordEnd;
      if (file.recordEnd > 0 && !isStored) continue;
      if (await this.#clean(file)) gone.push(file);
    }
    return gone;
  }

  async #clean(file: TrackedFile): Promise<boolean> {
    const found = lookAt(file.path);
    if (found !== null && (found.id !== file.id || versionOf(found) !== file.version)) {
      // Another file, or other content: it is not this one's turn.
      this.#waiting.delete(file);
      return found.id !== file.id;
    }
    try {
      for (const path of [
        file.path,
        ...(this.#marker === null ? [] : [file.path + this.#marker]),
      ]) {
        await (this.#action === "delete" ? remove(path) : move(path, this.#folder));
      }
    } catch (error) {
      this.#logger.warn(
        `File ${file.path} was read and could not be cleaned up; the next commit tries again`,
        { error },
      );
      return false;
    }
    this.#waiting.delete(file);
    return true;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw fileError("delete", path, error);
  }
}

/** Never onto another file: the name gets a number where it is taken. */
async function move(path: string, folder: string): Promise<void> {
  await checkAllowed(folder, allowedRoots(), "ingest.move.to");
  await mkdir(folder, { recursive: true });
  for (let n = 0; ; n += 1) {
    const target = join(folder, n === 0 ? basename(path) : `${basename(path)}.${n}`);
    try {
      await linkOrCopy(path, target);
      break;
    } catch (error) {
      if (errorCode(error) === "EEXIST") continue;
      if (errorCode(error) === "ENOENT" && lookAt(path) === null) return;
      throw fileError(`move to ${folder}`, path, error);
    }
  }
  await remove(path);
}

async function linkOrCopy(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
    return;
  } catch (error) {
    // Another file system, or one without links.
    if (!["EXDEV", "EPERM", "ENOTSUP", "ENOSYS"].includes(errorCode(error))) throw error;
  }
  await copyFile(path, target, constants.COPYFILE_EXCL);
  for (const durable of [target, dirname(target)]) {
    await using handle = await open(durable, "r");
    await handle.sync();
  }
}
