/** The gateway's side of a watch on one line. */
import type { Codec, DeviceEvent, Encoded, Identity, Order, Part, Reading } from "../../src/core/index.ts";
import { WatchFramer } from "./framer.ts";
import { eventOf } from "./heard.ts";
import { type Settings, settingsOf } from "./profile.ts";
import { outgoingText } from "./text.ts";
import { type Address, type Frame, readFrame, writeFrame } from "./wire.ts";
import { answerOf } from "./words.ts";

export class WatchCodec implements Codec {
  readonly framer = new WatchFramer();
  #settings: Settings = settingsOf({});
  #identity: Identity | null = null;
  /** As the watch's last frame has it. */
  #address: Address | null = null;
  #out: Buffer[] = [];
  /** The text whose receipt is waited for. */
  #sent: Buffer | null = null;

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#identity = identity;
  }

  decode(bytes: Buffer): Reading {
    const read = readFrame(bytes);
    if (read.type === "bad") return bad(read.reason);
    const { frame } = read;
    if (this.#identity === null || (this.#address !== null && frame.address.id !== this.#address.id)) return this.#meet(frame);
    this.#address = frame.address;
    if (frame.word === "MESSAGE") return this.#receipt(frame);
    const answer = answerOf(frame, this.#settings);
    const events = [eventOf(frame, this.#settings)];
    return answer === null ? { events } : { events, reply: writeFrame(frame.address, answer) };
  }

  encode(order: Order): Encoded {
    const { contents, lost, empty } = outgoingText(order.text, this.#settings);
    const [first, ...rest] = contents.map((content): Part => ({ bytes: writeFrame(this.#commandAddress, content), tag: null }));
    if (empty || first === undefined) return { type: "refused", reason: "nothing of this text can be shown" };
    return { type: "parts", parts: [first, ...rest], altered: lost.length > 0 };
  }

  send({ bytes }: Part): void {
    this.#sent = bytes;
    this.#out.push(bytes);
  }

  tick(): { readonly send: readonly Buffer[]; readonly at: null } {
    const send = this.#out;
    this.#out = [];
    return { send, at: null };
  }

  get #commandAddress(): Address {
    const { maker, id, index } = this.#address ?? { maker: DEFAULT_MAKER, id: this.#identity?.deviceId ?? "", index: null };
    const { commandMaker, commandIndex } = this.#settings;
    return {
      maker: commandMaker === "echo" ? maker : commandMaker,
      id,
      index: index === null || commandIndex === "echo" ? index : commandIndex,
    };
  }

  /** There is no login: whatever comes first names the watch, and is read once more when that is known. */
  #meet({ address }: Frame): Reading {
    if (this.#identity === null) this.#address = address;
    return { events: [{ type: "hello", scope: "login", key: address.id, password: null }], again: true };
  }

  /** The bare word, or the whole text once more: some watches repeat all of a command. */
  #receipt({ content, fields }: Frame): Reading {
    if (fields.length > 0 && this.#sent?.includes(`*${content.toString("latin1")}]`, 0, "latin1") !== true)
      return bad("a MESSAGE with a content of its own, which no document knows");
    return { events: [{ type: "receipt", tag: null, outcome: "accepted" }] };
  }
}

/** Until a watch has said its own. */
const DEFAULT_MAKER = "3G";

function bad(reason: string): Reading {
  const event: DeviceEvent = { type: "bad", reason };
  return { events: [event] };
}
