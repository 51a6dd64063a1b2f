const FIRST_CAPACITY = 1024; // a power of two: positions in the ring are cut by a mask

/**
 * How far one partition is. Records are done in any order, but only what lies before the
 * first one that is not done may be committed (I1). One flag and one offset per record
 * that is not committable yet, in a ring that grows as needed; no object per record.
 */
export class PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** True once the partition was taken away: its records are somebody else's now. */
  closed = false;
  #offsets = new Float64Array(FIRST_CAPACITY);
  #done = new Uint8Array(FIRST_CAPACITY);
  #head = 0;
  #tail = 0;
  #unfinished = 0;
  #committable: number | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Records taken that are not done. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Records taken that are not done or have one before them that is not. */
  get tracked(): number {
    return this.#tail - this.#head;
  }

  /** The offset after the last record of those done without a gap; undefined when there is none. */
  get committable(): number | undefined {
    return this.#committable;
  }

  /** @returns the record's ticket, to be given to `done` */
  add(offset: number): number {
    if (this.tracked === this.#offsets.length) this.#grow();
    const slot = this.#tail & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#done[slot] = 0;
    this.#unfinished++;
    return this.#tail++;
  }

  /** The record is durable, or reported as impossible to write. */
  done(ticket: number): void {
    const mask = this.#offsets.length - 1;
    this.#done[ticket & mask] = 1;
    this.#unfinished--;
    while (this.#head < this.#tail && this.#done[this.#head & mask] === 1) {
      this.#committable = (this.#offsets[this.#head & mask] as number) + 1; // the slot is in use
      this.#head++;
    }
  }

  #grow(): void {
    const offsets = new Float64Array(this.#offsets.length * 2);
    const done = new Uint8Array(this.#done.length * 2);
    const oldMask = this.#offsets.length - 1;
    const newMask = offsets.length - 1;
    for (let ticket = this.#head; ticket < this.#tail; ticket++) {
      offsets[ticket & newMask] = this.#offsets[ticket & oldMask] as number; // the slot is in use
      done[ticket & newMask] = this.#done[ticket & oldMask] as number;
    }
    this.#offsets = offsets;
    this.#done = done;
  }
}
