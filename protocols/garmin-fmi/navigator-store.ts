/** What a navigator keeps: messages by their id, and canned responses. */

/** Canned responses that a unit can store. */
const MAX_RESPONSES = 200;

export interface Stored {
  readonly id: string;
  readonly text: string;
  readonly choices: readonly { readonly response: number; readonly text: string }[];
}

export class NavigatorStore {
  readonly #messages = new Map<string, Stored & { read: boolean }>();
  readonly #responses = new Map<number, string>();
  /** Answers named for a message that has not come yet. */
  readonly #attached = new Map<string, readonly number[]>();
  readonly #segments = new Map<string, Buffer[]>();
  last: Stored | null = null;

  has(id: string): boolean {
    return this.#messages.has(id);
  }

  keep(id: string, text: string): Stored {
    const choices = (this.#attached.get(id) ?? []).map((response) => ({ response, text: this.#responses.get(response) ?? "" }));
    const stored = { id, text, choices, read: false };
    this.#messages.set(id, stored);
    this.last = stored;
    return stored;
  }

  /** 0041: 0 unread, 1 read, 2 not found. */
  status(id: string): number {
    const stored = this.#messages.get(id);
    if (stored === undefined) return 2;
    return stored.read ? 1 : 0;
  }

  read(id: string): void {
    const stored = this.#messages.get(id);
    if (stored !== undefined) stored.read = true;
  }

  /** The text of the message that is gone now; null: there was none. */
  remove(id: string): string | null {
    const text = this.#messages.get(id)?.text ?? null;
    this.#messages.delete(id);
    return text;
  }

  /** 0032: 1 stored. */
  setResponse(response: number, text: string): number {
    if (!this.#responses.has(response) && this.#responses.size >= MAX_RESPONSES) return 0;
    this.#responses.set(response, text);
    return 1;
  }

  /** 0029: 0 right, 2 an unknown response, 3 a message id that is in use. */
  attach(id: string, responses: readonly number[]): number {
    if (this.has(id)) return 3;
    if (!responses.every((response) => this.#responses.has(response))) return 2;
    this.#attached.set(id, responses);
    return 0;
  }

  /** 0056: 0 right, 2 or 8 a wrong sequence, 4 an id that is in use. */
  segment(id: string, sequence: number, bytes: Buffer): number {
    if (this.has(id)) return 4;
    const pieces = sequence === 0 ? [] : (this.#segments.get(id) ?? []);
    if (pieces.length !== sequence) return sequence === 0 ? 2 : 8;
    this.#segments.set(id, [...pieces, Buffer.from(bytes)]);
    return 0;
  }

  /** The segments of a message that is complete. */
  joined(id: string): Buffer {
    const pieces = this.#segments.get(id) ?? [];
    this.#segments.delete(id);
    return Buffer.concat(pieces);
  }
}
