import { existsSync } from "node:fs";
import type { Config } from "./config.ts";
import type { Found } from "./listing.ts";

/** Decides when files are complete: not while somebody writes to them. */
export class IngestGate {
  readonly #minAgeMs: number;
  readonly #marker: string | null;
  /** Versions of those that were not let through yet. */
  #waiting = new Map<string, string>();

  constructor(config: Config) {
    this.#minAgeMs = config["ingest.min.age.ms"];
    this.#marker = config["ingest.marker.suffix"] || null;
  }

  /**
   * Those that are complete. A file of an age is so only once two looks found the same: copying
   * programs set the time of the original when they are done.
   */
  complete(files: readonly Found[], nowMs: number): Found[] {
    const waiting = new Map<string, string>();
    const complete = files.filter((file) => {
      if (this.#marker !== null && !existsSync(file.path + this.#marker)) return false;
      if (this.#minAgeMs === 0) return true;
      const version = versionOf(file);
      const isOld = nowMs - Number(file.modifiedNs / 1_000_000n) >= this.#minAgeMs;
      if (isOld && this.#waiting.get(file.id) === version) return true;
      waiting.set(file.id, version);
      return false;
    });
    this.#waiting = waiting;
    return complete;
  }
}

/** Changes whenever the content of a file does. */
export function versionOf({ size, modifiedNs }: Found): string {
  return `${size}-${modifiedNs}`;
}
