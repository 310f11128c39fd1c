/**
 * When texts may go out on a line, beside all that its protocol asks for: not while the vehicle drives, where the profile holds
 * them back until it stands, and only right behind what the device said, where that is when it hears. Urgent texts are not held.
 */
import { earlier } from "./claims.ts";
import { type Hold, holdOf, wakeOf } from "./line-profile.ts";
import type { DeviceEvent, Profile } from "./protocol.ts";

type Status = Extract<DeviceEvent, { type: "status" }>;

/** A device that has logged in says so soon whether it drives; until then it may. */
const UNKNOWN_MS = 60_000;
/** What was said of its motion is too old to hold anything. */
const STALE_MS = 10 * 60_000;

export class Gate {
  readonly #hold: Hold | null;
  readonly #wakeMs: number | null;
  /** Texts are held until then, whatever the device says; null: it stands. */
  #heldUntil: number | null = null;
  /** Since when it drives without having stood. */
  #drivingSince: number | null = null;
  /** Since when it has not been driving; it counts as standing a while later. */
  #slowSince: number | null = null;
  #awakeUntil: number | null = null;

  constructor(profile: Profile, now: number) {
    this.#hold = holdOf(profile);
    this.#wakeMs = wakeOf(profile);
    if (this.#hold !== null) this.#heldUntil = now + UNKNOWN_MS;
    this.frameCame(now);
  }

  /** It never closes: most lines have none of all this. */
  static for(profile: Profile, now: number): Gate | null {
    return holdOf(profile) === null && wakeOf(profile) === null ? null : new Gate(profile, now);
  }

  /** Nothing can be heard now. */
  asleep(now: number): boolean {
    return this.#awakeUntil !== null && now >= this.#awakeUntil;
  }

  /** Only urgent texts may go out. */
  holds(now: number): boolean {
    return this.#heldUntil !== null && now < this.#heldUntil;
  }

  /** The device hears only right behind its own frames. */
  get dozes(): boolean {
    return this.#wakeMs !== null;
  }

  /** When texts that are held now may go out; null: they are not held. */
  get deadline(): number | null {
    return this.#heldUntil;
  }

  frameCame(now: number): void {
    if (this.#wakeMs !== null) this.#awakeUntil = now + this.#wakeMs;
  }

  /** The hold is over. */
  release(now: number): boolean {
    if (this.#heldUntil === null || now < this.#heldUntil) return false;
    this.#heldUntil = null;
    return true;
  }

  /** Its engine may run while it stands, but nobody drives with the engine off. */
  moved({ speedKmh, ignition }: Status, now: number): void {
    if (this.#hold === null || (speedKmh === undefined && ignition !== false)) return;
    const { overKmh, standingS, atMostS } = this.#hold;
    if (ignition === false) return this.#stands(now);
    if ((speedKmh ?? 0) > overKmh) {
      this.#slowSince = null;
      this.#drivingSince ??= now;
      const until = Math.min(now + STALE_MS, this.#drivingSince + atMostS * SECOND);
      // Once it has been held for long enough it is not held again by the same drive.
      if (until > now || this.#heldUntil !== null) this.#heldUntil = until;
      return;
    }
    if (this.#drivingSince === null) return this.#stands(now);
    this.#slowSince ??= now;
    if (now >= this.#slowSince + standingS * SECOND) return this.#stands(now);
    this.#heldUntil = earlier(this.#heldUntil, this.#slowSince + standingS * SECOND);
  }

  #stands(now: number): void {
    this.#drivingSince = null;
    this.#slowSince = null;
    // What is free already need not be freed with every position.
    if (this.#heldUntil !== null) this.#heldUntil = now;
  }
}

const SECOND = 1_000;
