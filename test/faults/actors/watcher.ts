/** Reads what every list says while things go wrong, and everything in the end. */
import type { Recorder, StoredMessage, Traits } from "../history.ts";
import { headIn, spokenIn, spokenOf, textOf } from "../texts.ts";
import { type Answer, admin, call, type Listed } from "./api.ts";
import type { Balancer } from "./balancer.ts";

export interface WatcherOptions {
  readonly history: Recorder;
  readonly balancer: Balancer;
  readonly cast: readonly Traits[];
  /** API keys by user. */
  readonly hashes: readonly string[];
  /** Trackers that are looked at first. */
  readonly suspects: () => readonly Traits[];
}

const LOOK_MS = 200;
const DEAD_LETTERS_MS = 4_000;
/** Messages of one look. */
const LOOK_LIMIT = 60;
const PAGE = 1_024;
const EPOCH = "1970-01-01 00:00:00";
/** INCOMING messages remembered by user, to be marked as read. */
const REMEMBERED = 40;
const FINAL_MS = 60_000;

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #known = new Map<number, string>();
  readonly #dead = new Set<number>();
  readonly #incoming = new Map<number, number[]>();
  #timers: NodeJS.Timeout[] = [];
  #turn = 0;
  #looking = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timers = [setInterval(() => void this.#look(), LOOK_MS), setInterval(() => void this.deadLetters(), DEAD_LETTERS_MS)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  incoming(user: number): readonly number[] {
    return this.#incoming.get(user) ?? [];
  }

  /** Ids of all dead letters that there ever were. */
  get dead(): readonly number[] {
    return [...this.#dead];
  }

  async deadLetters(): Promise<void> {
    const { history, balancer } = this.#options;
    const answer = (await admin(balancer.portOf(balancer.pick()), "GET", "dead-letters?limit=1000")) as {
      readonly list: readonly { readonly id: number }[];
    } | null;
    const fresh = (answer?.list ?? []).map(({ id }) => id).filter((id) => !this.#dead.has(id));
    for (const id of fresh) {
      this.#dead.add(id);
      history.add({ op: "dead-letter", id });
    }
  }

  /** All messages of a tracker; asks until it is answered. */
  async all(traits: Traits): Promise<readonly StoredMessage[]> {
    const messages = new Map<number, StoredMessage>();
    for (let from = EPOCH; ; ) {
      const { list = [] } = await this.#surely("list", traits.user, { tracker_id: traits.trackerId, from, ascending: true, limit: PAGE });
      for (const listed of list) messages.set(listed.id, seenAs(listed, traits.trackerId));
      const last = list.at(-1)?.submit_time ?? from;
      if (list.length < PAGE) return [...messages.values()].sort((one, other) => one.id - other.id);
      if (last === from) throw new Error(`tracker ${traits.trackerId} has more than ${PAGE} messages of one second`);
      from = last;
    }
  }

  /** Where a message is inside. */
  async stateOf(user: number, id: number): Promise<string> {
    const { timeline = [] } = await this.#surely("message/timeline", user, { message_id: id });
    return timeline.at(-1)?.state ?? "unknown";
  }

  async unread(user: number): Promise<Readonly<Record<string, number>>> {
    return (await this.#surely("unread/count", user, {})).value ?? {};
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { cast, suspects, balancer, hashes } = this.#options;
    const first = suspects();
    const pool = this.#turn % 2 === 0 && first.length > 0 ? first : cast;
    const traits = pool[Math.floor(this.#turn / 2) % pool.length];
    this.#turn += 1;
    if (traits !== undefined) {
      const parameters = { hash: hashes[traits.user], tracker_id: traits.trackerId, from: EPOCH, ascending: false, limit: LOOK_LIMIT };
      const { answer } = await call(balancer.portOf(balancer.pick()), "list", parameters);
      for (const listed of answer?.list ?? []) this.#seen(seenAs(listed, traits.trackerId), traits.user);
    }
    this.#looking = false;
  }

  #seen(message: StoredMessage, user: number): void {
    const { id, status, submitted, updated, direction } = message;
    const look = `${status} ${submitted} ${updated}`;
    if (this.#known.get(id) === look) return;
    this.#known.set(id, look);
    this.#options.history.add({ op: "seen", ...message });
    if (direction === "INCOMING" && status === "PENDING") this.#incoming.set(user, [...this.incoming(user), id].slice(-REMEMBERED));
  }

  async #surely(path: string, user: number, parameters: object): Promise<Answer> {
    const { balancer, hashes } = this.#options;
    const deadline = performance.now() + FINAL_MS;
    for (;;) {
      const { answer } = await call(balancer.portOf(balancer.pick()), path, { ...parameters, hash: hashes[user] });
      if (answer?.success === true) return answer;
      if (performance.now() > deadline) throw new Error(`${path} is not answered: ${JSON.stringify(answer)}`);
    }
  }
}

function seenAs({ id, text, type, status, submit_time, update_time }: Listed, trackerId: number): StoredMessage {
  const n = type === "OUTGOING" ? headIn(text) : spokenIn(text);
  const intact = n !== null && text === (type === "OUTGOING" ? textOf(n) : spokenOf(n));
  const updated = update_time === null ? null : secondsOf(update_time);
  return { id, trackerId, direction: type, n, intact, status, submitted: secondsOf(submit_time), updated };
}

/** The accounts of a campaign live in UTC. */
function secondsOf(time: string): number {
  return Date.parse(`${time.replace(" ", "T")}Z`) / 1_000;
}
