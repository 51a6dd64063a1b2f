import type { ByteSink } from "@millrace/storage-formats";
import type { ObjectDescription, ObjectStore } from "./client.ts";
import { Spool } from "./spool.ts";

/** What is known of an object when it is complete. */
export interface Completion {
  readonly metadata: Readonly<Record<string, string>>;
  /** Write it only where there is no object of its name. */
  readonly onlyIfAbsent: boolean;
}

/**
 * One object on its way: parts leave as soon as they are full, and what is smaller than a part
 * goes in one request. With `late`, nothing leaves before the object is complete, since its
 * metadata have to be known then.
 */
export class ObjectUpload implements ByteSink {
  readonly #store: ObjectStore;
  readonly #object: ObjectDescription;
  readonly #late: boolean;
  readonly #spool = new Spool();
  #multipart: Promise<string> | undefined;
  readonly #parts: Promise<string>[] = [];
  #failure: unknown;

  constructor(store: ObjectStore, object: ObjectDescription, late: boolean) {
    this.#store = store;
    this.#object = object;
    this.#late = late;
  }

  get key(): string {
    return this.#object.key;
  }

  /** Bytes in memory that have not left. */
  get memory(): number {
    return this.#spool.memory;
  }

  /** What made a part fail: the object will not be completed. */
  get failure(): unknown {
    return this.#failure;
  }

  write(bytes: Uint8Array): void {
    // The records of a failed object are read again anyway.
    if (this.#failure !== undefined) return;
    this.#spool.write(bytes);
    if (!this.#late) this.#sendFullParts({});
  }

  /** Makes room in memory. */
  spill(): void {
    this.#spool.spill();
  }

  /** @returns false when there is an object of its name already */
  async complete({ metadata, onlyIfAbsent }: Completion): Promise<boolean> {
    if (this.#late) this.#sendFullParts(metadata);
    try {
      if (this.#multipart === undefined) {
        const content = () => this.#spool.take(Number.MAX_SAFE_INTEGER);
        return await this.#store.put(this.#object, content, metadata, onlyIfAbsent);
      }
      if (this.#spool.length > 0) this.#sendPart(metadata);
      const tags = await Promise.all(this.#parts);
      const upload = await this.#multipart;
      const done = await this.#store.complete(this.#object, upload, tags, onlyIfAbsent);
      if (!done) await this.#store.abort(this.#object, upload);
      this.#multipart = undefined;
      return done;
    } finally {
      this.#spool[Symbol.dispose]();
    }
  }

  /** Gives it up; parts that were uploaded are removed. */
  async abort(): Promise<void> {
    this.#spool[Symbol.dispose]();
    if (this.#multipart === undefined) return;
    await Promise.allSettled(this.#parts);
    const [upload] = await Promise.allSettled([this.#multipart]);
    if (upload.status === "fulfilled") await this.#store.abort(this.#object, upload.value);
  }

  #sendFullParts(metadata: Completion["metadata"]): void {
    while (this.#spool.length >= this.#store.partSize) this.#sendPart(metadata);
  }

  #sendPart(metadata: Completion["metadata"]): void {
    const body = this.#spool.take(this.#store.partSize);
    this.#multipart ??= this.#store.create(this.#object, metadata);
    const upload = this.#multipart;
    const number = this.#parts.length + 1;
    const part = (async () => this.#store.uploadPart(this.#object, await upload, number, body))();
    // It is looked for before more records are taken, and when the object is to be completed.
    part.catch((error: unknown) => (this.#failure ??= error));
    this.#parts.push(part);
  }
}
