import type { Logger } from "@millrace/connect-api";
import { BrokenArchiveError, type Content, openContent } from "./content.ts";
import { isCompressed, mayBeCopy } from "./family.ts";
import type { Ghost } from "./family-memory.ts";
import { isAsRead, readGuard, readHead } from "./file-reader.ts";
import { FULL_BYTES } from "./fingerprint.ts";
import { type Found, foundAt } from "./listing.ts";
import type { TrackedFile } from "./tracked-file.ts";

/** Compares what is in files. */
export class Likeness {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether it begins and went on as a file that was read, which it may be or be the copy of. @throws {Moved} */
  async isAsRead(file: Pick<Found, "path" | "id" | "inode">, read: Ghost): Promise<boolean> {
    if (file.inode !== read.inode) {
      if (read.fingerprint.bytes === 0 || !mayBeCopy(file.path, read.key)) return false;
    }
    return (await this.#with(file, (content) => isAsRead(content, read))) ?? false;
  }

  /**
   * Whether it has the same content as another file, as far as it goes and that was read: a copy that
   * is in the making has not much yet. Of a file that was cut short meanwhile, it is to be seen.
   */
  async isCopy(copy: TrackedFile, original: TrackedFile): Promise<boolean> {
    if (original.isLost) {
      return (await this.#with(copy, (content) => isAsRead(content, original))) ?? false;
    }
    // What is being read of it may be from before it was cut short.
    if (original.position === 0 && original.isQueued) return true;
    const at = original.guard?.position ?? original.size;
    const seen = await this.#with(original, async (content) => {
      const isSame = original.position === 0 || (await isAsRead(content, original));
      const position = copy.isCompressed ? at : Math.min(at, copy.size);
      const guard = await readGuard(content, position);
      return { isSame, guard, head: await readHead(content, FULL_BYTES) };
    });
    if (seen === undefined) return false;
    if (!seen.isSame) return true;
    // Nobody has read what was in it when it was copied.
    if (seen.head.length === 0) return copy.size === 0;
    return (
      (await this.#with(copy, async (content) => {
        const head = await readHead(content, Math.min(FULL_BYTES, at));
        if (!seen.head.subarray(0, head.length).equals(head)) return false;
        const { guard } = seen;
        return guard !== null && (await readGuard(content, guard.position))?.crc === guard.crc;
      })) ?? false
    );
  }

  /**
   * Undefined of what can't be read now: reading it as a whole will tell why.
   * @throws {Moved} when its path leads to another file by now
   */
  async #with<T>(
    { path, id }: Pick<Found, "path" | "id">,
    use: (content: Content) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      await using content = await openContent(path, isCompressed(path));
      if (content === null || foundAt(path, await content.stat()).id !== id) throw new Moved();
      return await use(content);
    } catch (error) {
      if (error instanceof Moved) throw error;
      if (!(error instanceof BrokenArchiveError)) {
        this.#logger.warn(`File ${path} could not be looked into`, { error });
      }
      return undefined;
    }
  }
}

/** Files were renamed between being found and being looked into. */
export class Moved extends Error {}

/** Undefined for a file that has moved: the next scan finds it where it is now. */
export async function unlessMoved<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Moved) return undefined;
    throw error;
  }
}
