/** The parts that went out on a line, by what they are called: whose receipts are recognised, and what the driver read. */
import type { Claims } from "./claims.ts";
import { type Flight, isComplete, isLastPart, type Written } from "./flight.ts";
import type { Capabilities } from "./protocol.ts";
import { remember } from "./remember.ts";
import type { ClaimedText, Effect } from "./session-io.ts";

/** Parts of this line whose receipt is still recognised. */
const REMEMBERED_PARTS = 256;
/** Of these, such as belong to texts that ended: the store knows the names of more. A line may stand for a year, with a text each hour. */
const REMEMBERED_ENDED = 16;

export class WrittenParts {
  readonly #claims: Claims;
  readonly #capabilities: Capabilities;
  /** Null on the many lines over which no text went: an empty map costs more than all else here. */
  #parts: Map<string, Written> | null = null;

  constructor(claims: Claims, capabilities: Capabilities) {
    this.#claims = claims;
    this.#capabilities = capabilities;
  }

  get(tag: string): Written | undefined {
    return this.#parts?.get(tag);
  }

  /** Which text a tag of this line stands for. */
  claimedBy(tag: string): ClaimedText | null {
    return this.get(tag)?.flight.claimed ?? null;
  }

  /** This part of that very text went out on this line. */
  has(tag: string, flight: Flight): boolean {
    return this.get(tag)?.flight === flight;
  }

  /** A part goes out; where the device may speak of it long after, the store is told its name as well. */
  add(tag: string, written: Written): void {
    const { claimed, parts, total } = written.flight;
    const { read, choices } = this.#capabilities;
    const told = isLastPart(written) && parts[written.part]?.readable !== false && (read || (choices && claimed.choices !== null));
    if (told && !this.has(tag, written.flight)) this.#claims.name({ id: claimed.id, tag, whole: total === 1 });
    this.#parts ??= new Map();
    remember(this.#parts, tag, written, REMEMBERED_PARTS);
  }

  /** A text of this line ended: only the newest parts of such texts are kept. */
  ended(): void {
    const ended = [...(this.#parts ?? [])].filter(([, { flight }]) => flight.ended);
    for (const [tag] of ended.slice(0, -REMEMBERED_ENDED)) this.#parts?.delete(tag);
  }

  /** The driver read the part of this name: of a text of an earlier line only the store knows which it is. */
  read(tag: string, out: Effect[]): void {
    const written = this.get(tag);
    if (written !== undefined) {
      // Only who has read the last part has read the text.
      if (isLastPart(written)) written.flight.read = true;
      this.settleRead(written.flight);
    } else if (!(this.#capabilities.read && this.#claims.settleLate(tag)))
      out.push({ type: "note", kind: "stray-receipt", reason: `read ${tag}, which is not known`, bytes: null });
  }

  /** A read is a receipt of its part; a text of several parts is read once it is delivered. */
  settleRead(flight: Flight): void {
    if (!flight.read || (flight.total > 1 && !isComplete(flight))) return;
    flight.read = false;
    this.#claims.settle({ type: "read", id: flight.claimed.id });
  }
}
