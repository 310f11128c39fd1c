/** What a caller may ask for beyond the documented parameters of `send` and `broadcast`. */
import { ChatError } from "./chat-error.ts";
import type { User } from "./fleet.ts";
import type { Instant, MessageId } from "./message.ts";
import type { Draft } from "./ports.ts";

/** Absent or null: as documented. */
export interface Wishes {
  /** The same call under the same key within a day is done once. */
  readonly idempotency?: Idempotency | null;
  readonly ttlMs?: number | null;
  /** In the past: at once. */
  readonly notBefore?: Instant | null;
  readonly urgent?: boolean | null;
  /** A pending OUTGOING message of the same tracker that this one takes the place of. */
  readonly replaces?: MessageId | null;
  readonly choices?: readonly string[] | null;
}

/** A name that a client gave to a call. */
export interface Idempotency {
  readonly key: string;
  /** Digest of the call and all its other parameters. */
  readonly bodyDigest: string;
}

/** Time to live that a caller may ask for, in seconds. */
export const WISHED_TTL_S = { min: 60, max: 30 * 24 * 60 * 60 };
/** How far ahead a text may be told to wait. */
const LATEST_START_MS = 30 * 24 * 60 * 60 * 1_000;
/** Choices of a question, and Unicode code points of each. */
export const CHOICES = { fewest: 2, most: 10, characters: 50 };

/** The fields of a draft that are wished for. Throws 7 for a start too far ahead. */
export function wishedDraft({ ttlMs, notBefore, urgent, replaces, choices }: Wishes, now: Instant): Partial<Draft> {
  const delay = Math.max(0, (notBefore ?? now) - now);
  if (delay > LATEST_START_MS) throw new ChatError(7, [{ parameter: "not_before", error: "must be at most 30 days ahead" }]);
  return {
    ...(ttlMs ? { ttlMs } : {}),
    ...(delay > 0 ? { notBeforeMs: delay } : {}),
    ...(urgent ? { urgent } : {}),
    ...(replaces ? { replaces } : {}),
    ...(choices ? { choices } : {}),
  };
}

/** Whose key it is and what for: one body under it makes one message of each tracker. */
export function scopedKey(user: User, { key, bodyDigest }: Idempotency): string {
  return JSON.stringify([user.id, key, bodyDigest]);
}

/** Why these cannot be the choices of a question, in words for the caller; null: they can. */
export function choicesProblem(choices: readonly string[]): string | null {
  const { fewest, most, characters } = CHOICES;
  if (choices.length < fewest || choices.length > most) return `must be ${fewest} to ${most} texts`;
  if (choices.some((choice) => choice.trim() === "")) return "must not be blank";
  if (choices.some((choice) => [...choice].length > characters)) return `must have at most ${characters} characters each`;
  if (choices.some((choice) => UNFIT.test(choice))) return "must not contain control characters or lone surrogates";
  return new Set(choices.map(fold)).size < choices.length ? "must differ in more than case" : null;
}

// A line break would look like another choice on a device that gets them as numbered lines.
const UNFIT = /[\p{Cc}\p{Surrogate}]/u;

/** As a driver's words are compared (core/question.ts). */
function fold(choice: string): string {
  return choice.trim().normalize("NFC").toLowerCase();
}
