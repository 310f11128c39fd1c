/** The device's own packets: numbered, answered one by one, repeated with the same bytes until they are (order 285, table 13). */
import { PACKET } from "./codes.ts";
import { writePacket } from "./wire.ts";

/** TL_RESPONSE_TO and TL_RESEND_ATTEMPTS. */
const ANSWER_MS = 5_000;
const MAX_REPETITIONS = 3;

export interface Own {
  readonly kind: "login" | "position" | "text" | "confirmation";
  /** The records with their headers; the same on every line. */
  readonly bytes: Buffer;
  readonly records: readonly OwnRecord[];
  /** Of kind `text`. */
  readonly text: string;
}

export interface OwnRecord {
  readonly number: number;
  /** OID of a unit on a link that carries several. */
  readonly object: number | null;
}

interface Flight {
  readonly own: Own;
  readonly bytes: Buffer;
  repetitions: number;
  dueAt: number;
}

export class Sender {
  readonly #flights = new Map<number, Flight>();
  #waiting: Own[] = [];
  #pid = 0;
  #dead = false;

  get deadline(): number | null {
    const times = [...this.#flights.values()].map(({ dueAt }) => dueAt);
    return this.#dead || times.length === 0 ? null : Math.min(...times);
  }

  /** A new link: packets are numbered from 1 again, and what the driver said is said again. */
  restart(): void {
    const unanswered = [...this.#flights.values()].map(({ own }) => own);
    this.#waiting = [...unanswered, ...this.#waiting].filter(({ kind }) => kind === "text");
    this.#flights.clear();
    this.#pid = 0;
    this.#dead = false;
  }

  add(own: Own): void {
    if (own.kind === "login") this.#waiting.unshift(own);
    else this.#waiting.push(own);
  }

  /** All that may be sent now. `online`: anything but a login may be. */
  next(now: number, online: boolean): readonly { readonly own: Own; readonly bytes: Buffer }[] {
    const ready = this.#waiting.filter(({ kind }) => online || kind === "login");
    this.#waiting = this.#waiting.filter((own) => !ready.includes(own));
    return ready.map((own) => {
      const pid = this.takePid();
      const bytes = writePacket(PACKET.data, pid, own.bytes);
      this.#flights.set(pid, { own, bytes, repetitions: 0, dueAt: now + ANSWER_MS });
      return { own, bytes };
    });
  }

  /** The number of the next packet, also of those that nobody answers. */
  takePid(): number {
    this.#pid = (this.#pid + 1) & 0xffff;
    return this.#pid;
  }

  /** What the platform answered; null: it is not waited for. */
  answered(pid: number): Own | null {
    return this.#flights.get(pid)?.own ?? null;
  }

  /** No answer is waited for any more. */
  done(pid: number): void {
    this.#flights.delete(pid);
  }

  /** Repeats what is overdue; `dead`: the platform stayed silent to the end. */
  tick(now: number): { readonly send: readonly Buffer[]; readonly dead: Own | null } {
    const send: Buffer[] = [];
    for (const flight of this.#flights.values()) {
      if (this.#dead || now < flight.dueAt) continue;
      if (flight.repetitions >= MAX_REPETITIONS) {
        this.#dead = true;
        return { send, dead: flight.own };
      }
      flight.repetitions += 1;
      flight.dueAt = now + ANSWER_MS;
      send.push(flight.bytes);
    }
    return { send, dead: null };
  }
}
