/** Rules of numbers that both stores share. */
import type { Instant, MessageId } from "../chat/message.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import type { EndedTexts } from "../core/session-io.ts";

/** Message ids are signed 32-bit: the API's clients hold them in such. */
export const LAST_ID: MessageId = 0x7fff_ffff;

/** No message can be stored any more: an id is never used twice. */
export class IdsUsedUp extends StoreUnavailable {
  constructor() {
    super(`message ids are used up: the last one is ${LAST_ID}`);
  }
}

/** Characters kept of a device's words about a rejection. */
const REASON_CHARS = 500;

/** A reason as it is kept: bounded, and without half surrogates. */
export function keptReason(reason: string): string {
  return Buffer.from(reason.slice(0, REASON_CHARS)).toString();
}

/** The next owner epoch. Seconds of the clock keep it rising even when all that was known of the tracker was erased. */
export function nextEpoch(last: number, now: Instant): number {
  return Math.max(last + 1, Math.floor(now / 1_000));
}

/** The part of a drain's result that is absent when nothing ended. */
export function someEnded(ended: EndedTexts): { readonly ended?: EndedTexts } {
  return ended.expired + ended.deadLettered === 0 ? {} : { ended };
}

/** Why a text was cancelled when another took its place (submit.lua compares it). */
export function replacedBy(id: MessageId): string {
  return `replaced by ${id}`;
}
