import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConnectError, type TopicPartition } from "@millrace/connect-api";
import { allowedRoots, checkAllowed } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";

/** Where files are written before they are complete, within the folder that all files lie in. */
const HIDDEN = ".millrace";

/**
 * The folder of unfinished files of one partition and one owner of it. A new owner takes the folders
 * of those before it away: whoever still believes to own the partition can complete nothing any more.
 */
export class Workplace {
  readonly #folder: string;
  readonly #partition: TopicPartition;

  private constructor(folder: string, partition: TopicPartition) {
    this.#folder = folder;
    this.#partition = partition;
  }

  /** @param root of all files of the connector; unfinished and complete ones must be of one file system */
  static async claim(
    root: string,
    connector: string,
    partition: TopicPartition,
  ): Promise<Workplace> {
    const name = connector.replaceAll(/[^\w.-]/g, (c) => `%${c.codePointAt(0)!.toString(16)}`);
    const all = join(root, HIDDEN, name, `${partition.topic}+${partition.partition}`);
    await checkAllowed(all, allowedRoots(), "folder");
    try {
      await mkdir(all, { recursive: true });
      for (const former of await readdir(all)) await takeAway(all, former);
      const own = join(all, randomUUID());
      await mkdir(own);
      return new Workplace(own, partition);
    } catch (error) {
      throw fileError("prepare the folder of unfinished files", all, error);
    }
  }

  unfinished(): string {
    return join(this.#folder, randomUUID());
  }

  /** Gives a file its name, under which it appears complete and durable. */
  async complete(unfinished: string, path: string): Promise<void> {
    const folder = dirname(path);
    try {
      await rename(unfinished, path);
      await syncFolder(folder);
    } catch (error) {
      throw this.explained(error, "complete", path);
    }
  }

  /** The error of a file of this folder: that another task has the partition now, where it is that. */
  explained(error: unknown, attempt: string, path: string): ConnectError {
    if (errorCode(error) !== "ENOENT" || existsSync(this.#folder)) {
      return fileError(attempt, path, error);
    }
    const { topic, partition } = this.#partition;
    return new ConnectError(
      `Another task has taken over partition ${topic}-${partition}: what this one has not completed is left to it`,
      { cause: error },
    );
  }

  async leave(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Renamed first, so that it is away at once. */
async function takeAway(folder: string, name: string): Promise<void> {
  const gone = join(folder, `gone-${randomUUID()}`);
  try {
    await rename(join(folder, name), gone);
  } catch (error) {
    // Its owner has just left.
    if (errorCode(error) !== "ENOENT") throw error;
  }
  await rm(gone, { recursive: true, force: true });
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
