/** A queue of bytes with linear cost however the stream is cut; holds no chunk that was fully consumed. */
export class ByteQueue {
  #buffer: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** The buffer is ours to write behind `#end`; a chunk passed in by the socket is not. */
  #owned = false;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.length === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) this.#grow(chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** All bytes held, as a view valid until the next `push`. */
  view(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Removes and returns the first `count` bytes, as a view valid until the next `push`. */
  take(count: number): Buffer {
    const taken = this.#buffer.subarray(this.#start, Math.min(this.#start + count, this.#end));
    this.drop(count);
    return taken;
  }

  /** Removes the first `count` bytes; a view that holds them stays valid until the next `push`. */
  drop(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end);
    if (this.#start === this.#end) this.#reset();
  }

  /** Copies what is left out of the socket's chunk, so that a few bytes do not pin 64 KiB. Call when the turn ends. */
  detach(): void {
    if (this.length > 0 && !this.#owned) this.#grow(0);
  }

  #grow(extra: number): void {
    const needed = this.length + extra;
    const next = Buffer.allocUnsafeSlow(extra === 0 ? needed : Math.max(64, needed * 2));
    this.#buffer.copy(next, 0, this.#start, this.#end);
    this.#end = this.length;
    this.#start = 0;
    this.#buffer = next;
    this.#owned = true;
  }

  #reset(): void {
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#owned = false;
  }
}

const EMPTY = Buffer.alloc(0);
