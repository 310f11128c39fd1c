/** Sharing a line with another JT/T 808 platform: whose the messages are, either way. */
import { FlagFramer, type Profile, type Shared, type TeeTerms, type UpstreamSaid } from "../../src/core/index.ts";
import { type Packet, parseFrame } from "./header.ts";
import { ID, REGISTER_RESULT, RESULT } from "./messages.ts";
import { type Settings, settings } from "./profile.ts";
import { FLAG, MAX_FRAME_BYTES } from "./wire.ts";

export const tee: TeeTerms = {
  login: "once",
  raw: (frame) => frame,
  listen: () => new FlagFramer({ flag: FLAG, maxBytes: MAX_FRAME_BYTES }),
  up,
  down,
};

function up(frame: Buffer, profile: Profile): Shared {
  const parsed = parseFrame(frame);
  if (parsed.type === "bad") return "data";
  const { header } = parsed.packet;
  if (LINK.has(header.id)) return "link";
  return TALK.has(header.id) || isTalk(parsed.packet, settings(profile)) ? "ours" : "data";
}

/** Receipts of texts and questions are ours: the upstream sends none. */
function isTalk({ header, body }: Packet, own: Settings): boolean {
  switch (header.id) {
    case ID.deviceResponse:
      return body.length >= RESPONSE_BYTES && ORDERS.has(body.readUInt16BE(2));
    case ID.event:
      return own.quickReplies.length > 0;
    case ID.waybill:
      return own.waybillText;
    case ID.transparentUp:
      // Only the first fragment has the type.
      return header.fragment === null ? own.transparentTypes.includes(body[0] ?? -1) : own.transparentTypes.length > 0;
    default:
      return false;
  }
}

/** Texts and questions of the upstream are dropped: a receipt names them by a serial that could be one of ours. */
function down(frame: Buffer, profile: Profile): UpstreamSaid {
  const parsed = parseFrame(frame);
  if (parsed.type === "bad") return "pass";
  const { header, body } = parsed.packet;
  if (header.id === ID.registered) return body[2] === REGISTER_RESULT.ok ? "welcome" : "refusal";
  if (header.id === ID.platformResponse && body.length >= RESPONSE_BYTES && LOGINS.has(body.readUInt16BE(2)))
    return body[4] === RESULT.ok ? "welcome" : "refusal";
  // Its list of quick replies would replace ours.
  const list = header.id === ID.events && settings(profile).quickReplies.length > 0;
  return list || ORDERS.has(header.id) ? "order" : "pass";
}

/** Of 0x0001 and 0x8001: serial, id and result. */
const RESPONSE_BYTES = 5;
const ORDERS: ReadonlySet<number> = new Set([ID.text, ID.question]);
const LOGINS: ReadonlySet<number> = new Set([ID.register, ID.auth]);
const LINK: ReadonlySet<number> = new Set([ID.heartbeat, ID.timeQuery, ID.vendorTimeQuery]);
const TALK: ReadonlySet<number> = new Set([ID.answer, ID.textResult, ID.vendorText]);
