/** A TCP proxy that delays, stops passing anything, and cuts a connection at the moment when nobody can know what became of a call. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Where the cut is: before the call reaches the server, in the middle of it, or before its answer comes back. */
export type CutPlace = "before" | "within" | "answer";

export interface CutPlan {
  readonly place: CutPlace;
  /** So many different ones are cut. */
  readonly subjects: number;
  /** Each so often: a client library sends a call once more when its connection broke. */
  readonly times: number;
  /** What a call is about, the same when it is sent again; null: it is not cut. */
  readonly subjectOf: (call: Buffer) => string | null;
}

interface Cuts extends CutPlan {
  /** How often each subject was cut. */
  readonly known: Map<string, number>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** The next answer on it is swallowed, and the connection reset. */
  doomed: boolean;
}

/** How long the next bytes take, in milliseconds. */
export type Delay = () => number;

export class RedisProxy {
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #delay: Delay | null = null;
  #silent = false;
  #cuts: Cuts | null = null;
  cut = 0;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  static async start(port: number, target: number): Promise<RedisProxy> {
    const proxy = new RedisProxy(port, target);
    proxy.#server.listen(port, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Client ports of the connections that are open now. */
  get clientPorts(): readonly number[] {
    return [...this.#pairs].flatMap(({ near }) => near.remotePort ?? []);
  }

  /** Bytes take so long in each direction, in order; null: no time. */
  set delay(delay: Delay | null) {
    this.#delay = delay;
  }

  /** While true no byte passes, and nobody is told of an end. */
  set silent(silent: boolean) {
    this.#silent = silent;
    if (!silent) for (const { near, far } of this.#pairs) if (near.destroyed || far.destroyed) end(near, far);
  }

  /** Cuts connections as this says, until it has. */
  cutCalls(plan: CutPlan): void {
    this.#cuts = { ...plan, known: new Map() };
  }

  /** Some of the cuts that were ordered are still to come. */
  get cutting(): boolean {
    return this.#cuts !== null;
  }

  stopCutting(): void {
    this.#cuts = null;
  }

  close(): void {
    this.#server.close();
    for (const { near, far } of this.#pairs) end(near, far);
  }

  #accept(near: Socket): void {
    const far = connect(this.#target, "127.0.0.1");
    const pair: Pair = { near, far, doomed: false };
    this.#pairs.add(pair);
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.#pass(near, far, (chunk) => this.#called(pair, chunk));
    this.#pass(far, near, () => this.#answered(pair));
  }

  #pass(from: Socket, to: Socket, allows: (chunk: Buffer) => boolean): void {
    const late = new Late((chunk) => to.write(chunk));
    from.on("data", (chunk: Buffer) => {
      if (this.#silent || !allows(chunk)) return;
      late.pass(chunk, this.#delay?.() ?? 0);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      if (!this.#silent) end(from, to);
      for (const pair of this.#pairs) if (pair.near.destroyed && pair.far.destroyed) this.#pairs.delete(pair);
    });
  }

  #called(pair: Pair, chunk: Buffer): boolean {
    const cuts = this.#cuts;
    const subject = cuts?.subjectOf(chunk) ?? null;
    if (cuts === null || subject === null || !this.#takes(cuts, subject)) return true;
    if (cuts.place === "answer") {
      pair.doomed = true;
      return true;
    }
    this.cut += 1;
    // The server reads the part of a call only if the connection ends behind it.
    if (cuts.place === "within") pair.far.end(chunk.subarray(0, chunk.length >> 1));
    pair.near.resetAndDestroy();
    return false;
  }

  /** This call is to be cut: its subject is new and there is room for another, or it has come less often than it must. */
  #takes({ known, subjects, times }: Cuts, subject: string): boolean {
    const cut = known.get(subject) ?? 0;
    if (cut === times || (cut === 0 && known.size === subjects)) return false;
    known.set(subject, cut + 1);
    if (known.size === subjects && [...known.values()].every((count) => count === times)) this.#cuts = null;
    return true;
  }

  #answered(pair: Pair): boolean {
    if (!pair.doomed) return true;
    this.cut += 1;
    pair.near.resetAndDestroy();
    return false;
  }
}

/**
 * One way of a connection on which bytes are late: one timer for the first of them, because two timers for the same moment do not keep
 * their order, which TCP does. Answers that changed places would each be taken for the other's.
 */
class Late {
  readonly #write: (chunk: Buffer) => void;
  #waiting: { readonly chunk: Buffer; readonly dueAt: number }[] = [];
  #last = 0;

  constructor(write: (chunk: Buffer) => void) {
    this.#write = write;
  }

  pass(chunk: Buffer, delayMs: number): void {
    this.#last = Math.max(this.#last, performance.now() + delayMs);
    this.#waiting.push({ chunk, dueAt: this.#last });
    if (this.#waiting.length === 1) this.#look();
  }

  #look(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const ms = first.dueAt - performance.now();
    if (ms > 0) {
      setTimeout(() => this.#look(), ms);
      return;
    }
    this.#waiting.shift();
    this.#write(first.chunk);
    this.#look();
  }
}

function end(one: Socket, other: Socket): void {
  // What was said before the end still goes where it should.
  one.destroySoon();
  other.destroySoon();
}
