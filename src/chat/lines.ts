/** The device's side of the chat: what a line asks, answered from the fleet and the store. */
import { capabilitiesUnder } from "../core/capabilities.ts";
import { canShare } from "../core/line-profile.ts";
import type { Capabilities, Identity, Protocol, RefusalReason } from "../core/protocol.ts";
import type { DeviceText, DrainResult, LoginVerdict, Settlement, Standing, Trace, WireTag } from "../core/session-io.ts";
import { objectionToUnit } from "./carried-units.ts";
import { type Directory, deviceKey, type Tracker } from "./fleet.ts";
import { linkLate } from "./late-answers.ts";
import { type Attempt, DuelGuard, PasswordGuard, sameSecret } from "./login-guard.ts";
import type { MessageId, TrackerId } from "./message.ts";
import { Passings } from "./passings.ts";
import { type MessageStore, type Outbox, StoreUnavailable } from "./ports.ts";
import { Turnstile } from "./turnstile.ts";

export interface LineChatDeps {
  readonly store: MessageStore;
  readonly directory: Directory;
  readonly outbox: Outbox;
  /** This node's name. */
  readonly node: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Something a person should know, once per occasion; never holds a text or a credential. */
  readonly warn: (event: LineWarning) => void;
}

export interface LineWarning {
  readonly type: "duel" | "hint-failed";
  readonly trackerId: TrackerId;
}

/** Who says hello, as the connection knows it. */
export interface Caller {
  readonly protocol: Protocol;
  readonly address: string;
  /** Whose line it is; null or absent: nobody has logged in on it. */
  readonly carrier?: Identity | null;
  /** Whether it is not there any more: then nothing is taken over for it. Absent: it is. */
  readonly gone?: () => boolean;
}

/** `link`: of a line that carries units, and may be nobody's; `unit`: of one of them. */
export interface Hello {
  readonly scope: "login" | "register" | "link" | "unit";
  readonly key: string;
  readonly password: string | null;
}

/** `epoch` is set when the login took the tracker over; a registration takes none. */
export interface Answer {
  readonly verdict: LoginVerdict;
  readonly epoch: number | null;
  /** Where the line was that this login displaced; null: there was none. */
  readonly displaced: "here" | "elsewhere" | null;
}

/** A logged-in line: what its later questions are about. */
export interface LineOwner {
  readonly identity: Identity;
  readonly protocol: Protocol;
  readonly epoch: number;
}

export interface DrainQuestion {
  readonly settlements: readonly Settlement[];
  readonly traces?: readonly Trace[];
  readonly tags?: readonly WireTag[];
  readonly held: readonly MessageId[];
  readonly room: number;
  readonly urgentOnly?: boolean;
}

/** Put to the store at once: when a whole fleet goes and comes back, a text waits behind so many and not behind all. */
const LOGINS_AT_ONCE = 64;
const LOGOUTS_AT_ONCE = 16;

export class LineChat {
  readonly #deps: LineChatDeps;
  readonly #passwords = new PasswordGuard();
  readonly #duels = new DuelGuard();
  readonly #passings: Passings;
  readonly #logins = new Turnstile(LOGINS_AT_ONCE);
  readonly #logouts = new Turnstile(LOGOUTS_AT_ONCE);
  /** Epochs of lines whose end the store does not know, one of a tracker at most. */
  readonly #unsaid = new Map<TrackerId, number>();

  constructor(deps: LineChatDeps) {
    this.#deps = deps;
    this.#passings = new Passings(deps.store);
  }

  /** Who is this, and may it log in? A refused device writes nothing to the store. */
  async identify(hello: Hello, caller: Caller): Promise<Answer> {
    const tracker = this.#deps.directory.trackerOfDevice(hello.key);
    if (tracker === undefined && hello.scope === "link") return { verdict: { type: "carrier" }, epoch: null, displaced: null };
    if (tracker === undefined) {
      this.#deps.directory.reportUnknown({ key: hello.key, protocol: caller.protocol.name, address: caller.address });
      return refuse("unknown-device");
    }
    const reason = this.#objection(tracker, hello, caller);
    if (reason !== null) return refuse(reason);
    if (hello.scope === "register")
      return { verdict: { type: "accepted", identity: identityOf(tracker), standing: STRANGER }, epoch: null, displaced: null };
    try {
      return await this.#logins.pass(() => this.#takeOver(tracker, caller));
    } catch (error) {
      return { verdict: unavailable(error), epoch: null, displaced: null };
    }
  }

  /** Stores driver texts; only `stored` may be acknowledged to the device. */
  async receive(line: LineOwner, texts: readonly DeviceText[], early: boolean): Promise<"stored" | "unavailable"> {
    const { trackerId } = line.identity;
    const passed = this.#passings.take(trackerId);
    try {
      const employeeId = this.#deps.directory.employeeOf(trackerId);
      const linked = await linkLate(this.#deps.store, trackerId, texts);
      const { ids, stale } = await this.#deps.store.receive({ trackerId, epoch: line.epoch, employeeId, texts: linked, early, passed });
      if (stale === true) throw new StoreUnavailable("a newer line owns the tracker");
      this.#passings.stored(line, texts, ids);
      return "stored";
    } catch (error) {
      this.#passings.giveBack(trackerId, passed);
      return unavailable(error).type;
    }
  }

  /** Applies what became of earlier texts and claims the next. */
  async drain(line: LineOwner, question: DrainQuestion): Promise<DrainResult> {
    const capabilities = capabilitiesUnder(line.protocol, line.identity.profile);
    try {
      return await this.#deps.store.drain({
        trackerId: line.identity.trackerId,
        epoch: line.epoch,
        settlements: question.settlements,
        traces: question.traces ?? [],
        tags: question.tags ?? [],
        held: question.held,
        room: question.room,
        urgentOnly: question.urgentOnly === true,
        maxAttempts: capabilities.attempts,
        tagBytes: tagBytesOf(line.identity, capabilities),
      });
    } catch (error) {
      return unavailable(error);
    }
  }

  /** A frame followed our acknowledgement. */
  async passed(line: LineOwner): Promise<void> {
    await this.#passings.passed(line);
  }

  /** The line is gone. In an outage that is said later: see `retryUnsaid`. */
  async logout(trackerId: TrackerId, epoch: number): Promise<void> {
    try {
      await this.#logouts.pass(async () => {
        await this.#passings.ended(trackerId, epoch);
        await this.#deps.store.logout(trackerId, epoch);
      });
    } catch (error) {
      unavailable(error);
      this.#unsaid.set(trackerId, Math.max(epoch, this.#unsaid.get(trackerId) ?? 0));
    }
  }

  /** Says what an outage kept from being said. Of lines that ended, that they are gone: else their devices would count as connected until their next login. */
  async retryUnsaid(): Promise<void> {
    await this.#passings.retry();
    const unsaid = [...this.#unsaid];
    this.#unsaid.clear();
    for (const [trackerId, epoch] of unsaid) await this.logout(trackerId, epoch);
  }

  /** A line that was taken over answered our close: two devices with one identity are alive. */
  contested(trackerId: TrackerId): void {
    if (this.#duels.takenOver(trackerId, this.#deps.now())) this.#deps.warn({ type: "duel", trackerId });
  }

  #objection(tracker: Tracker, hello: Hello, caller: Caller): RefusalReason | null {
    if (tracker.blocked) return "blocked";
    if (tracker.protocol !== null && tracker.protocol !== caller.protocol.name) return "wrong-protocol";
    if (!canShare(tracker.profile, caller.protocol)) return "unsupported";
    if (hello.scope === "unit") return objectionToUnit(tracker, this.#deps.directory, caller.carrier ?? null);
    if (tracker.password === null) return null;
    // A registration asks for its code: there is nothing to compare yet.
    if (hello.scope === "register" && hello.password === null) return null;
    const attempt: Attempt = { address: caller.address, key: deviceKey(hello.key), expected: tracker.password };
    const now = this.#deps.now();
    if (this.#passwords.waits(attempt, now)) return "quarantined";
    if (hello.password !== null && sameSecret(hello.password, tracker.password)) {
      this.#passwords.succeeded(attempt);
      return null;
    }
    this.#passwords.failed(attempt, now);
    return "wrong-password";
  }

  async #takeOver(tracker: Tracker, { protocol, gone }: Caller): Promise<Answer> {
    if (gone?.() === true) throw new StoreUnavailable("the line is gone");
    if (await this.#displacesInDuel(tracker.id)) return refuse("quarantined");
    const learned = await this.#learn(tracker, protocol);
    return learned === null ? refuse("wrong-protocol") : await this.#login(learned, protocol);
  }

  async #displacesInDuel(trackerId: TrackerId): Promise<boolean> {
    if (!this.#duels.quarantined(trackerId, this.#deps.now())) return false;
    return (await this.#deps.store.owners([trackerId])).has(trackerId);
  }

  /** The tracker with its protocol and that protocol's defaults; null when another protocol was learned meanwhile. */
  async #learn(tracker: Tracker, protocol: Protocol): Promise<Tracker | null> {
    if (tracker.protocol !== null) return tracker;
    await this.#deps.directory.learnProtocol(tracker.id, protocol.name);
    const learned = this.#deps.directory.tracker(tracker.id);
    return learned?.protocol === protocol.name ? learned : null;
  }

  async #login(tracker: Tracker, protocol: Protocol): Promise<Answer> {
    const { store, node } = this.#deps;
    const { epoch, standing, previous } = await store.login({ trackerId: tracker.id, node, protocol: protocol.name });
    // On this node the registry displaces the older line as soon as the new one is in it.
    if (previous !== null && previous.node !== node) this.#hintDisplaced(tracker.id, previous.node, epoch);
    const displaced = previous === null ? null : previous.node === node ? "here" : "elsewhere";
    return { verdict: { type: "accepted", identity: identityOf(tracker), standing }, epoch, displaced };
  }

  /** Not awaited: the new line need not wait for the old one. If the hint is lost, the old line finds out at its next drain. */
  #hintDisplaced(trackerId: TrackerId, node: string, epoch: number): void {
    this.#deps.outbox.hint(trackerId, { node, epoch }).catch(() => this.#deps.warn({ type: "hint-failed", trackerId }));
  }
}

/** A registration does not log in, so nothing is known about receipts yet. */
const STRANGER: Standing = { proven: false, closings: 0, sinceClosingMs: null };

function refuse(reason: RefusalReason): Answer {
  return { verdict: { type: "refused", reason }, epoch: null, displaced: null };
}

function identityOf(tracker: Tracker): Identity {
  return { trackerId: tracker.id, deviceId: tracker.deviceId, profile: tracker.profile, secret: tracker.password };
}

/** A profile may lower the bytes of one order, which makes more parts and so more tags. */
function tagBytesOf({ profile }: Identity, { maxBytes }: Capabilities): number {
  const lowered = profile["maxBytes"];
  return typeof lowered === "number" && lowered >= 1 ? lowered : maxBytes;
}

function unavailable(error: unknown): { readonly type: "unavailable" } {
  if (error instanceof StoreUnavailable) return { type: "unavailable" };
  throw error;
}
