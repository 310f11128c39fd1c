/** Texts on their way to the server. Each has a key of the page's own, which the server remembers: trying again sends nothing twice. */
import type { MessageId, TrackerId } from "./message.ts";

export interface UnsentText {
  /** Also the `idempotency_key` of the call. */
  readonly key: string;
  readonly trackerId: TrackerId;
  readonly text: string;
  readonly choices: readonly string[];
  readonly writtenAt: number;
  readonly state: UnsentState;
}

export type UnsentState =
  | { readonly type: "sending" }
  /** The server was not reached, or could not store it: tried again by itself. */
  | { readonly type: "waiting" }
  /** The server refused it with this code. */
  | { readonly type: "refused"; readonly code: number }
  /** Stored: shown until the message itself comes. */
  | { readonly type: "sent"; readonly id: MessageId };

/** The server remembers keys for 24 hours; after this a text is not tried again by itself. */
const RETRY_MS = 23 * 3_600_000;

/** What is left to show beside these messages. */
export function withoutStored(
  unsent: readonly UnsentText[],
  trackerId: TrackerId,
  isHere: (id: MessageId) => boolean,
): readonly UnsentText[] {
  return unsent.filter((text) => text.trackerId === trackerId && !(text.state.type === "sent" && isHere(text.state.id)));
}

/** What may be tried again now. */
export function waitingTexts(unsent: readonly UnsentText[], now: number): readonly UnsentText[] {
  return unsent.filter(({ state, writtenAt }) => state.type === "waiting" && now - writtenAt < RETRY_MS);
}

/** As read from where they were kept over a reload: what was on its way then has an unknown end, and is tried again. */
export function revived(kept: unknown): readonly UnsentText[] {
  if (!Array.isArray(kept)) return [];
  const texts = kept.filter(isUnsent).filter(({ state }) => state.type !== "sent");
  return texts.map((text) => (text.state.type === "sending" ? { ...text, state: { type: "waiting" } } : text));
}

function isUnsent(value: unknown): value is UnsentText {
  if (typeof value !== "object" || value === null) return false;
  const { key, trackerId, text, choices, writtenAt, state } = value as Partial<Record<keyof UnsentText, unknown>>;
  const typed = typeof key === "string" && typeof trackerId === "number" && typeof text === "string" && typeof writtenAt === "number";
  return typed && Array.isArray(choices) && typeof state === "object" && state !== null && "type" in state;
}
