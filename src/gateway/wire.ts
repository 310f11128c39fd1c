/** One socket's bytes: what may be sent and read, and its end. Knows nothing of what the bytes mean. */
import type { Socket } from "node:net";
import type { Latecomer, Turns } from "./turns.ts";

/** How much may be unsent, and for how long. */
export interface WireLimits {
  /** More than this, and the peer is given up; more than a quarter, and nothing more is read or claimed until it has read. */
  readonly bufferBytes: number;
  /** The peer is given up that has not read in this time. */
  readonly slowReaderMs: number;
}

const CHOKED_PART = 4;
const NOTHING = Buffer.alloc(0);
/** For the last bytes and the peer's own end, once ours is sent. */
const FLUSH_MS = 2_000;

export interface WireOwner {
  received(chunk: Buffer): void;
  /** The peer sends no more; what we write may still reach it. */
  peerEnded(): void;
  /** The peer has read all that was sent. */
  unchoked(): void;
  failed(error: Error): void;
  gone(): void;
}

/** Where a socket's wire is found: handlers that all sockets share, instead of five of its own, save a third of a kilobyte a line. */
const WIRE = Symbol("wire");

interface WiredSocket extends Socket {
  [WIRE]: Wire;
}

/** What all wires share. */
export interface WireDeps {
  readonly wire: WireLimits;
  readonly turns: Turns;
}

export class Wire implements Latecomer {
  readonly #socket: Socket;
  readonly #owner: WireOwner;
  readonly #deps: WireDeps;
  /** What came when others had the turn; null: nothing waits. */
  #late: Buffer | null = null;
  /** The owner wants to read on. */
  #wanted = true;
  #chokedUntil: number | null = null;
  #endBy: number | null = null;
  #peerEnded = false;

  constructor(socket: Socket, owner: WireOwner, deps: WireDeps) {
    this.#socket = socket;
    this.#owner = owner;
    this.#deps = deps;
    Object.assign(socket, { [WIRE]: this });
    socket.on("data", onData).on("end", onEnd).on("drain", onDrain).on("error", onError).on("close", onClose);
  }

  /** The socket's own news, from the handlers below. */
  data(chunk: Buffer): void {
    if (this.#endBy !== null) return;
    const { turns } = this.#deps;
    if (turns.full) this.catchUp();
    if (this.#late !== null) {
      // Two chunks heard at once could ask for more than a peer may leave unread.
      this.#socket.pause();
      this.#socket.unshift(chunk);
    } else if (turns.open) this.#owner.received(chunk);
    else {
      this.#late = chunk;
      turns.putOff(this, chunk.length);
    }
  }

  catchUp(): void {
    const late = this.#late;
    if (late === null) return;
    this.#late = null;
    this.#deps.turns.caughtUp(late.length);
    if (this.#endBy === null) this.#owner.received(late);
    this.#regulate();
  }

  ended(): void {
    this.catchUp();
    this.#peerEnded = true;
    this.#owner.peerEnded();
    if (this.#endBy !== null) this.#socket.destroySoon();
  }

  drained(): void {
    this.#chokedUntil = null;
    this.#owner.unchoked();
  }

  failed(error: Error): void {
    this.#owner.failed(error);
  }

  closed(): void {
    this.catchUp();
    this.#owner.gone();
  }

  /** The peer has sent its end. */
  get halfClosed(): boolean {
    return this.#peerEnded;
  }

  /** The peer reads more slowly than it is written to. */
  get choked(): boolean {
    return this.#chokedUntil !== null;
  }

  /** When the wire must be looked at again: the end of patience with a slow reader, or with a slow end. */
  get deadline(): number | null {
    return this.#endBy ?? this.#chokedUntil;
  }

  send(bytes: Buffer): void {
    if (this.#endBy === null && !this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Looks at what is unsent: `too-slow` means that the peer is to be given up. */
  check(now: number): "fine" | "too-slow" {
    const unsent = this.#socket.writableLength;
    const { bufferBytes, slowReaderMs } = this.#deps.wire;
    if (unsent > bufferBytes / CHOKED_PART && this.#chokedUntil === null) {
      this.#chokedUntil = now + slowReaderMs;
      // A stream tells of its end of a jam only from its own mark on, which is 64 KiB in newer versions of Node.js.
      if (!this.#socket.writableNeedDrain) this.#socket.write(NOTHING, (error) => (error ? undefined : this.drained()));
    }
    const late = this.#chokedUntil !== null && now >= this.#chokedUntil;
    return late || unsent > bufferBytes ? "too-slow" : "fine";
  }

  /** Reads on, or lets the bytes wait in the peer's window. */
  read(on: boolean): void {
    this.#wanted = on;
    this.#regulate();
  }

  #regulate(): void {
    const on = this.#wanted && this.#late === null;
    if (this.#endBy !== null || on !== this.#socket.isPaused()) return;
    if (on) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Sends our end behind what was written; the socket goes when the peer has ended too, or at the deadline. */
  end(now: number): void {
    if (this.#endBy !== null) return;
    this.#endBy = now + FLUSH_MS;
    if (this.#socket.destroyed) return;
    this.#socket.end();
    // What the peer still sends is read and dropped: unread bytes would turn our end into a reset.
    this.#socket.resume();
    if (this.#peerEnded) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function wireOf(socket: Socket): Wire {
  return (socket as WiredSocket)[WIRE];
}

function onData(this: Socket, chunk: Buffer): void {
  wireOf(this).data(chunk);
}

function onEnd(this: Socket): void {
  wireOf(this).ended();
}

function onDrain(this: Socket): void {
  wireOf(this).drained();
}

function onError(this: Socket, error: Error): void {
  wireOf(this).failed(error);
}

function onClose(this: Socket): void {
  wireOf(this).closed();
}
