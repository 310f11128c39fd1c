/** What a session has seen, for whoever counts: kept aside, because a frame alone is no reason for an effect. */

/** One receipt: how long after its part was written it came. */
export interface ReceiptTime {
  readonly ms: number;
}

export class Tally {
  #frames = 0;
  #receipts: readonly ReceiptTime[] = NONE;

  frame(): void {
    this.#frames += 1;
  }

  receipt(ms: number): void {
    this.#receipts = [...this.#receipts, { ms }];
  }

  /** Frames since they were last taken. */
  takeFrames(): number {
    const frames = this.#frames;
    this.#frames = 0;
    return frames;
  }

  /** Receipts since they were last taken. */
  takeReceipts(): readonly ReceiptTime[] {
    const receipts = this.#receipts;
    this.#receipts = NONE;
    return receipts;
  }
}

const NONE: readonly ReceiptTime[] = [];
