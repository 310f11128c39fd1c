/** The answer to 0x0100: who may register, and whether it is given its auth code (JT/T 808-2013, 8.6; 2019, 8.8). */
import { encodeText, type Verdict } from "../../src/core/index.ts";
import type { Header } from "./header.ts";
import { ID, REGISTER_RESULT, registeredBody } from "./messages.ts";
import { settings } from "./profile.ts";
import { MAX_BODY_BYTES } from "./wire.ts";

/** 0x8100: request serial and result stand before the code. */
const MAX_CODE_BYTES = MAX_BODY_BYTES - 3;

interface Registering {
  readonly header: Header;
  readonly key: string;
  say(id: number, body: Buffer): Buffer;
}

/**
 * Every refusal is 4, "terminal unknown": a device that hears 3, "already registered", may go on with a code it kept.
 * A tracker whose code is not handed out hears exactly that 3: it must be given its code by hand.
 */
export function registerReply({ header, key, say }: Registering): (verdict: Verdict) => Buffer {
  const answer = (result: number, code: Buffer): Buffer => say(ID.registered, registeredBody(header.serial, result, code));
  return (verdict) => {
    if (verdict.type === "refused") return answer(REGISTER_RESULT.terminalUnknown, NO_CODE);
    const { secret, profile } = verdict.identity;
    if (secret !== null && !settings(profile).handOutCode) return answer(REGISTER_RESULT.terminalKnown, NO_CODE);
    const code = encodeText(secret ?? key, "gbk").bytes;
    return code.length > MAX_CODE_BYTES ? answer(REGISTER_RESULT.terminalKnown, NO_CODE) : answer(REGISTER_RESULT.ok, code);
  };
}

const NO_CODE = Buffer.alloc(0);
