/** The times of one line that have nothing to do with texts: login, idleness, half a frame, the codec's own timer. */
import { earlier } from "./claims.ts";
import type { CloseReason, SessionLimits } from "./session-io.ts";

export class LineClock {
  readonly #limits: SessionLimits;
  #loginBy: number | null;
  #heardAt: number;
  /** The first byte of a frame that is not complete yet came then. */
  #frameBeganAt: number | null = null;
  codecAt: number | null = null;

  constructor(limits: SessionLimits, now: number) {
    this.#limits = limits;
    this.#loginBy = now + limits.loginMs;
    this.#heardAt = now;
  }

  /** The next of its times; while a question is open nothing is read, so silence does not count. */
  deadline(asking: boolean): number | null {
    if (asking) return this.#loginBy;
    const half = this.#frameBeganAt === null ? null : this.#frameBeganAt + this.#limits.halfFrameMs;
    return earlier(earlier(this.#loginBy, this.codecAt), earlier(half, this.#heardAt + this.#limits.idleMs));
  }

  loggedIn(): void {
    this.#loginBy = null;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  frameBegan(now: number): void {
    this.#frameBeganAt ??= now;
  }

  frameEnded(): void {
    this.#frameBeganAt = null;
  }

  /** Why the line must be closed now, or null. */
  expired(now: number, asking: boolean): CloseReason | null {
    if (this.#loginBy !== null && now >= this.#loginBy) return "login-timeout";
    if (asking) return null;
    if (this.#frameBeganAt !== null && now >= this.#frameBeganAt + this.#limits.halfFrameMs) return "half-frame";
    return now >= this.#heardAt + this.#limits.idleMs ? "idle" : null;
  }
}
