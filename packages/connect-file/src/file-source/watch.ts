import type { Logger, OffsetStorageReader } from "@millrace/connect-api";
import type { Config } from "./config.ts";
import { familyOf, isCompressed, taskOf } from "./family.ts";
import { FamilyMemory } from "./family-memory.ts";
import { FileSet } from "./file-set.ts";
import { Identification, type NewFile } from "./identify.ts";
import { IngestGate, versionOf } from "./ingest-gate.ts";
import { type Found, look, lookAt, pathsOf } from "./listing.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { excludedBy, patternsOf } from "./settings.ts";
import type { TrackedFile } from "./tracked-file.ts";

/** A file in which something was found is looked at often for so long. */
const BUSY_MS = 10_000;
/** How often at most. */
const LOOK_MS = 20;
/** Looking takes no more than one part in so many of the time. */
const REST_FACTOR = 10;

export interface Share {
  readonly number: number;
  readonly count: number;
}

/** Knows which files there are, and which of them have something to read. */
export class Watch {
  readonly files = new FileSet(new FamilyMemory());
  readonly identification: Identification;
  readonly #config: Config;
  readonly #share: Share;
  readonly #logger: Logger;
  readonly #gate: IngestGate | null;
  readonly #ready = new ReadyQueue();
  readonly #busy = new Set<TrackedFile>();
  #nextScanAt = 0;
  #nextLookAt = 0;
  #scan: Promise<void> | null = null;
  #isScanned = false;
  #failure: unknown;
  #scanNumber = 0;

  constructor(config: Config, share: Share, offsets: OffsetStorageReader, logger: Logger) {
    this.#config = config;
    this.#share = share;
    this.#logger = logger;
    this.identification = new Identification(this.files, offsets, logger);
    this.#gate = config.mode === "ingest" ? new IngestGate(config) : null;
  }

  /** The scan that finds what there is to begin with; null when it is done. */
  get firstScan(): Promise<void> | null {
    return this.#isScanned ? null : this.#scan;
  }

  /** The file whose turn it is. */
  takeReady(): TrackedFile | undefined {
    return this.#ready.take();
  }

  /** It has something to read, or may have. */
  makeReady(file: TrackedFile): void {
    this.#ready.add(file);
  }

  /** Something was found in it, or something is to be waited for: it is looked at often. */
  keepBusy(file: TrackedFile): void {
    this.#busy.add(file);
  }

  /**
   * Looks for new files when it is time, in the background, and at busy ones.
   * @throws what the last scan failed with
   */
  look(now: number): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.#scan === null && now >= this.#nextScanAt) {
      this.#scan = this.#scanAll()
        .catch((error: unknown) => {
          this.#failure = error;
        })
        .finally(() => {
          this.#scan = null;
          this.#isScanned = true;
          const end = performance.now();
          const rest = Math.max(this.#config["scan.interval.ms"], (end - now) * REST_FACTOR);
          this.#nextScanAt = end + rest;
        });
    }
    if (now >= this.#nextLookAt) {
      this.#lookAtBusy(now);
      this.#nextLookAt = now + Math.max(LOOK_MS, (performance.now() - now) * REST_FACTOR);
    }
  }

  /** Ends with the scan under way. */
  async scanned(): Promise<void> {
    await this.#scan;
  }

  /** A file can't be reached by its path any more: where it went shows at the next scan. */
  scanSoon(): void {
    this.#nextScanAt = 0;
  }

  forget(file: TrackedFile): void {
    this.#busy.delete(file);
    this.files.remove(file);
  }

  #lookAtBusy(now: number): void {
    for (const file of this.#busy) {
      const found = file.isLost ? null : lookAt(file.path);
      if (found?.id === file.id) {
        file.size = found.size;
      } else if (!file.isLost) {
        file.isLost = true;
        file.activeAt = now;
        this.scanSoon();
      }
      if (file.isDone || (!this.#isPending(file) && now - file.activeAt > BUSY_MS)) {
        this.#busy.delete(file);
      }
      this.#makeReadyIfDue(file);
    }
  }

  #makeReadyIfDue(file: TrackedFile): void {
    if (file.isDone || file.retryAt > performance.now()) return;
    if (this.#isPending(file) || file.size !== file.seenSize) this.makeReady(file);
  }

  /** Something is to happen to it when it has been silent for a while. */
  #isPending(file: TrackedFile): boolean {
    return file.hasLeft || (file.hasRest && this.#config["multiline.start"] !== null);
  }

  async #scanAll(): Promise<void> {
    const { number, count } = this.#share;
    const nameOf = this.#gate === null ? familyOf : (path: string) => path;
    const paths = await pathsOf(
      patternsOf(this.#config),
      excludedBy(this.#config),
      (path) => count === 1 || taskOf(nameOf(path), count) === number,
    );
    this.#scanNumber += 1;
    // One path for each file that is not where it was. Most are, and nothing is kept of those.
    const found = new Map<string, Found>();
    await look(paths, (file) => {
      const known = this.files.get(file.id);
      if (known?.path === file.path && this.#isUnchanged(known, file)) {
        known.size = file.size;
        known.scan = this.#scanNumber;
      } else if (known?.path === file.path || !found.has(file.id)) {
        found.set(file.id, file);
      }
    });
    const newFiles = this.#compare(found, performance.now());
    for (const file of await this.identification.add(newFiles)) {
      this.makeReady(file);
      if (file.copyOf !== null) this.keepBusy(file);
    }
  }

  /** What is not to be ingested may change. */
  #isUnchanged(known: TrackedFile, found: Found): boolean {
    return known.version === null || known.version === versionOf(found);
  }

  /** Notes where files are now; returns those that are new. */
  #compare(found: ReadonlyMap<string, Found>, now: number): NewFile[] {
    for (const file of this.files.all()) {
      const here = file.scan === this.#scanNumber ? file : found.get(file.id);
      if (here === undefined) {
        if (file.isDone) {
          if (file.version === null) this.files.memory.remember(file.family, file.identity);
          this.forget(file);
        } else if (!file.isOutside && !file.isLost) {
          file.isLost = true;
          file.activeAt = now;
          this.makeReady(file);
        }
        continue;
      }
      const isMoved = here.path !== file.path || file.isLost || file.isOutside;
      file.path = here.path;
      file.size = here.size;
      file.isLost = file.isOutside = false;
      if (file.isDone && file.path !== file.key) this.files.rename(file);
      if (isMoved) file.activeAt = now;
      if (this.#gate === null) this.#makeReadyIfDue(file);
    }
    return this.#gate === null ? this.#unknown(found) : this.#complete(found);
  }

  #unknown(found: ReadonlyMap<string, Found>): NewFile[] {
    const latestNs = BigInt(Date.now() - this.#config["ingest.min.age.ms"]) * 1_000_000n;
    const unknown: NewFile[] = [];
    for (const file of found.values()) {
      if (this.files.get(file.id) !== undefined) continue;
      // It is known by what is in it, as soon as all of it is.
      if (isCompressed(file.path) && file.modifiedNs > latestNs) continue;
      unknown.push({ found: file, version: null });
    }
    return unknown;
  }

  #complete(found: ReadonlyMap<string, Found>): NewFile[] {
    const changed = [...found.values()].filter((file) => {
      const known = this.files.get(file.id);
      return known === undefined || known.version !== versionOf(file);
    });
    const newFiles: NewFile[] = [];
    for (const file of this.#gate!.complete(changed, Date.now())) {
      const known = this.files.get(file.id);
      if (known === undefined) {
        newFiles.push({ found: file, version: versionOf(file) });
      } else {
        this.#logger.warn(`File ${file.path} was changed after it was read: reading it anew`);
        known.version = versionOf(file);
        known.startOver();
        this.makeReady(known);
      }
    }
    return newFiles;
  }
}
