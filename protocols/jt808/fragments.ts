/**
 * Puts fragmented messages together by (message id, total): devices do not keep the consecutive serials that
 * JT/T 808-2013, 7.12 asks for. Missing fragments are asked for; what stays silent is dropped.
 */
import type { Header, Packet } from "./header.ts";

/** Fragments of one message whose content is needed. */
export const MAX_FRAGMENTS = 64;
/** Fragments of one picture or sound, of which only the arrival is noted. */
export const MAX_MEDIA_FRAGMENTS = 1024;
/** Bytes of all messages that are being put together on one line. */
export const MAX_FRAGMENT_BYTES = 64 * 1024;
/** Messages that are being put together at once on one line. */
export const MAX_MESSAGES = 4;
/** Silence after which missing fragments are asked for, and between two requests. */
const RESEND_AFTER_MS = 5_000;
const MAX_RESEND_REQUESTS = 5;
/** Silence after which a message is dropped. */
const DROP_AFTER_MS = 60_000;
/** Indexes in one request; the count is one byte in 2013. */
const MAX_ASKED = 255;

export type Assembled =
  | { readonly type: "partial" }
  /** `firstSerial` names the whole message, whichever fragment came last. A repeated fragment gives the whole again. */
  | { readonly type: "whole"; readonly body: Buffer; readonly firstSerial: number }
  | { readonly type: "refused"; readonly reason: string };

export interface Missing {
  readonly header: Header;
  readonly firstSerial: number;
  readonly indexes: readonly number[];
  /** The first fragment's content, when it is here. */
  readonly first: Buffer | null;
}

interface Message {
  readonly key: string;
  readonly parts: (Buffer | null)[];
  readonly serials: number[];
  missing: number;
  bytes: number;
  header: Header;
  /** When the last fragment came; null: since the last tick. */
  heardAt: number | null;
  askedAt: number | null;
  requests: number;
}

export class Fragments {
  readonly #messages = new Map<string, Message>();
  readonly #headOnly: (id: number) => number | null;

  /** `headOnly`: of which messages only the first bytes of the first fragment are kept, and how many; null keeps all. */
  constructor(headOnly: (id: number) => number | null) {
    this.#headOnly = headOnly;
  }

  add({ header, body }: Packet): Assembled {
    const { id, fragment } = header;
    if (fragment === null) return { type: "whole", body, firstSerial: header.serial };
    const { total, index } = fragment;
    const head = this.#headOnly(id);
    const limit = head === null ? MAX_FRAGMENTS : MAX_MEDIA_FRAGMENTS;
    if (index < 1 || index > total) return { type: "refused", reason: `fragment ${index} of ${total}` };
    if (total > limit) return { type: "refused", reason: `at most ${limit} fragments expected, came ${total}` };
    const kept = head === null ? body : body.subarray(0, index === 1 ? head : 0);
    const message = this.#messageOf(header, kept);
    if (message.parts[index - 1] === null && this.#bytes() + kept.length > MAX_FRAGMENT_BYTES) {
      this.#messages.delete(message.key);
      return { type: "refused", reason: `at most ${MAX_FRAGMENT_BYTES} bytes of fragments expected` };
    }
    put(message, header, kept);
    if (message.missing > 0) return { type: "partial" };
    return { type: "whole", body: Buffer.concat(message.parts.filter((part) => part !== null)), firstSerial: firstSerial(message) };
  }

  /** What must be asked for now, and when to look again. */
  tick(now: number): { readonly missing: readonly Missing[]; readonly at: number | null } {
    const missing: Missing[] = [];
    let at: number | null = null;
    for (const message of this.#messages.values()) {
      message.heardAt ??= now;
      const dropAt = message.heardAt + DROP_AFTER_MS;
      if (now >= dropAt) {
        this.#messages.delete(message.key);
        continue;
      }
      const due = askAt(message);
      if (due !== null && now >= due) missing.push(ask(message, now));
      const next = Math.min(askAt(message) ?? dropAt, dropAt);
      at = at === null ? next : Math.min(at, next);
    }
    return { missing, at };
  }

  /** The message this fragment belongs to; one that says something else at the same place begins anew. */
  #messageOf(header: Header, kept: Buffer): Message {
    const { total, index } = header.fragment ?? { total: 1, index: 1 };
    const key = `${header.id}/${total}`;
    const known = this.#messages.get(key);
    if (known !== undefined) {
      const part = known.parts[index - 1] ?? null;
      // A whole message is over: the same bytes under another serial are a new one.
      const repeated = part?.equals(kept) === true && (known.missing > 0 || known.serials[index - 1] === header.serial);
      if (part === null || repeated) return known;
      this.#messages.delete(key);
    }
    if (this.#messages.size >= MAX_MESSAGES) this.#forgetOne();
    const parts = new Array<Buffer | null>(total).fill(null);
    const message = { key, parts, serials: [], missing: total, bytes: 0, header, heardAt: null, askedAt: null, requests: 0 };
    this.#messages.set(key, message);
    return message;
  }

  /** Makes room: a message that is complete is only kept for repeats. */
  #forgetOne(): void {
    const all = [...this.#messages.values()];
    const victim = all.find((message) => message.missing === 0) ?? all[0];
    if (victim !== undefined) this.#messages.delete(victim.key);
  }

  #bytes(): number {
    let sum = 0;
    for (const message of this.#messages.values()) sum += message.bytes;
    return sum;
  }
}

function put(message: Message, header: Header, kept: Buffer): void {
  const index = (header.fragment?.index ?? 1) - 1;
  message.header = header;
  message.heardAt = null;
  if (message.parts[index] !== null) return;
  // The frame is a view into the socket's chunk.
  message.parts[index] = Buffer.from(kept);
  message.serials[index] = header.serial;
  message.missing -= 1;
  message.bytes += kept.length;
}

/** Known when the first fragment is here; else by the consecutive serials of JT/T 808-2013, 7.12. */
function firstSerial(message: Message): number {
  const index = message.parts.findIndex((part) => part !== null);
  return ((message.serials[index] ?? 0) - index + 0x10000) & 0xffff;
}

function askAt(message: Message): number | null {
  if (message.missing === 0 || message.requests >= MAX_RESEND_REQUESTS || message.heardAt === null) return null;
  return Math.max(message.heardAt, message.askedAt ?? message.heardAt) + RESEND_AFTER_MS;
}

function ask(message: Message, now: number): Missing {
  message.askedAt = now;
  message.requests += 1;
  const indexes: number[] = [];
  for (const [index, part] of message.parts.entries()) if (part === null && indexes.length < MAX_ASKED) indexes.push(index + 1);
  return { header: message.header, firstSerial: firstSerial(message), indexes, first: message.parts[0] ?? null };
}
