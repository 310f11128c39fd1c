/** The receipts of one device: what it sends about the parts that reach it, when, and on which of its lines. */
import type { DeviceLine } from "./device-line.ts";
import type { History } from "./history.ts";
import type { DeviceTraits } from "./plan.ts";
import type { Random } from "./random.ts";
import { type Answer, answersTo, type Habit } from "./receipts.ts";
import type { ReceivedPart } from "./texts.ts";

export interface AnsweringOptions {
  readonly traits: DeviceTraits;
  readonly random: Random;
  readonly history: History;
  after(ms: number, run: () => void): void;
  fault(kind: string, where: { readonly trackerId: number; readonly detail?: string }): void;
  /** A tag that no text of this tracker has. */
  foreignTag(trackerId: number): string;
}

/** A part that came over a line. */
export interface Arrived {
  readonly line: DeviceLine;
  readonly part: ReceivedPart;
  readonly tag: string | null;
}

/** A receipt that is not on its way within this counts as missing for the text's re-sends. */
const PROMPT_MS = 1_000;
const READ_CHANCE = 0.15;
/** The driver reads it only when the device is on its next line. */
const READ_LATER_CHANCE = 0.5;
/** The device says that it read what nobody sent to it. */
const FALSE_READ_CHANCE = 0.05;
/** Tags that no text has, nor will have in a run. */
const NO_TAGS = [30_000, 60_000] as const;

export class Answering {
  readonly #options: AnsweringOptions;
  #kept: Arrived[] = [];
  /** Parts that the driver will have read by the next line. */
  #unread: (Arrived & { readonly tag: string })[] = [];
  /** Parts of texts that were acknowledged: a text may be called read when all are. */
  readonly #acknowledged = new Map<number, Set<number>>();

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  arrived(arrived: Arrived, habit: Habit): void {
    const { random, traits, history } = this.#options;
    if (!traits.acknowledges) return;
    const answers = answersTo(arrived.part, habit, { tagged: arrived.tag !== null, random });
    if (!answers.some(isPrompt)) {
      const { line, part } = arrived;
      history.add({ op: "withheld", device: traits.name, line: line.id, n: part.n, part: part.part });
      if (answers.length === 0) this.#fault("missing", arrived);
    }
    for (const answer of answers) this.#answer(arrived, answer);
  }

  /** A new line: receipts that were kept for it go out. */
  loggedIn(line: DeviceLine): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const arrived of kept) this.#send({ ...arrived, line }, { outcome: "accepted", delayMs: 0, double: false, kept: true });
    const unread = this.#unread;
    this.#unread = [];
    for (const arrived of unread) this.#read({ ...arrived, line });
    const { random, traits } = this.#options;
    if (traits.receipts === "by-tag" && random.chance(FALSE_READ_CHANCE)) line.tell([`D ${random.between(...NO_TAGS)}`], false, () => {});
  }

  #answer(arrived: Arrived, answer: Answer): void {
    const kind = faultOf(answer);
    if (kind !== null) this.#fault(kind, arrived);
    if (answer.kept) this.#kept.push(arrived);
    else this.#options.after(answer.delayMs, () => this.#send(arrived, answer));
  }

  #send(arrived: Arrived, answer: Answer): void {
    const { line, tag } = arrived;
    if (!line.open) return;
    if (answer.outcome === "forged") return line.tell([`A ${this.#options.foreignTag(this.#options.traits.trackerId)}`], false, () => {});
    const { outcome } = answer;
    const frame = frameOf(outcome, tag);
    line.tell(answer.double ? [frame, frame] : [frame], answer.double, () => {
      this.#note(arrived, outcome);
      if (outcome === "accepted" && tag !== null) this.#accepted(arrived, tag);
    });
  }

  /** A driver reads what the device has shown, now and then. */
  #accepted(arrived: Arrived, tag: string): void {
    const { part } = arrived;
    const { random } = this.#options;
    const acknowledged = this.#acknowledged.get(part.n) ?? new Set();
    this.#acknowledged.set(part.n, acknowledged.add(part.part));
    if (acknowledged.size < part.parts || !random.chance(READ_CHANCE)) return;
    // A text is read when its last part is.
    const last = { ...arrived, tag: String(Number(tag) + part.parts - 1 - part.part) };
    if (random.chance(READ_LATER_CHANCE)) this.#unread.push(last);
    else this.#read(last);
  }

  #read(arrived: Arrived & { readonly tag: string }): void {
    arrived.line.tell([`D ${arrived.tag}`], false, () => this.#note(arrived, "read"));
  }

  #note({ line, part }: Arrived, outcome: "accepted" | "rejected" | "garbled" | "read"): void {
    const { history, traits } = this.#options;
    history.add({ op: "receipt", device: traits.name, line: line.id, n: part.n, part: part.part, outcome });
  }

  #fault(kind: string, { part }: Arrived): void {
    this.#options.fault(`receipt-${kind}`, { trackerId: this.#options.traits.trackerId, detail: `text ${part.n}` });
  }
}

function isPrompt({ outcome, delayMs, kept }: Answer): boolean {
  return outcome === "accepted" && delayMs <= PROMPT_MS && !kept;
}

function faultOf(answer: Answer): string | null {
  if (answer.outcome !== "accepted") return answer.outcome;
  if (answer.kept) return "kept";
  if (answer.double) return "twice";
  return answer.delayMs > PROMPT_MS ? "late" : null;
}

function frameOf(outcome: "accepted" | "rejected" | "garbled", tag: string | null): string {
  if (outcome === "rejected") return `N ${tag ?? "-"} no`;
  const letter = outcome === "accepted" ? "A" : "G";
  return tag === null ? letter : `${letter} ${tag}`;
}
