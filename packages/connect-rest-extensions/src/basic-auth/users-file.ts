import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Logger, parseProperties } from "@millrace/connect-api";
import { WatchedFile } from "../watched-file.ts";
import type { Credentials } from "./credentials.ts";

/** What a users file says about who asks. */
export type Verdict =
  /** The file is empty, and lets everybody in. */
  "anybody" | "known" | "unknown";

type Users = ReadonlyMap<string, Buffer>;

/**
 * A properties file of users with their passwords (Java: `PropertyFileLoginModule`). One that is
 * empty lets everybody in, as in Java; but only if it was empty when the worker started: a file
 * that is just being written must not open the door.
 */
export class UsersFile {
  readonly #file: WatchedFile<Users>;

  private constructor(file: WatchedFile<Users>) {
    this.#file = file;
  }

  /**
   * @param key that names the file, or where its name stands
   * @throws {ConfigError} naming key and file
   */
  static async open(
    key: string,
    path: string,
    logger: Pick<Logger, "info" | "warn" | "error">,
    now?: () => number,
  ): Promise<UsersFile> {
    let opened = false;
    const file = await WatchedFile.open<Users>({
      key,
      path,
      logger,
      parse: (bytes) => {
        const users = parseUsers(bytes);
        if (opened && users.size === 0) {
          throw new Error("it has become empty, which would let everybody in");
        }
        return users;
      },
      ...(now !== undefined && { now }),
    });
    opened = true;
    if (file.latest.size === 0) {
      logger.warn(
        `NO AUTHENTICATION: ${path} is empty, so every request is permitted, whoever sends it. Add lines user=password and restart the worker`,
      );
    }
    return new UsersFile(file);
  }

  async judge(credentials: Credentials | undefined): Promise<Verdict> {
    const users = await this.#file.value();
    if (users.size === 0) return "anybody";
    if (credentials === undefined) return "unknown";
    // As long for a user that there is not as for one that there is.
    const expected = users.get(credentials.user);
    const equal = timingSafeEqual(expected ?? NOBODY, digest(credentials.password));
    return equal && expected !== undefined ? "known" : "unknown";
  }
}

/** Passwords are kept, and compared, as what this process alone can make of them. */
const SECRET = randomBytes(32);

function digest(password: string): Buffer {
  return createHmac("sha256", SECRET).update(password).digest();
}

const NOBODY = randomBytes(32);

/** Java reads properties one byte per character; clients send UTF-8. */
function parseUsers(bytes: Buffer): Users {
  const users = parseProperties(bytes.toString("latin1"));
  return new Map(Object.entries(users).map(([user, password]) => [user, digest(password)]));
}
