/** The gateway's side of Garmin FMI on one line: the enable handshake, the link layer, and what the driver says. */
import type { CharsetName, Order } from "../../src/core/index.ts";
import type { Inner, InnerEncoded, InnerPart, InnerReading, InnerTick } from "../carried/inner.ts";
import type { InnerSettings } from "../carried/profile.ts";
import { enableBody, fmiTime, namedBody } from "./bodies.ts";
import { Heard, type Reaction } from "./heard.ts";
import { ID } from "./layout.ts";
import { Link, type Outgoing } from "./link.ts";
import { idField } from "./message-id.ts";
import { type Level, messagesOf, type Step } from "./steps.ts";
import { Texts } from "./texts.ts";
import { ackFrame, fmiFrame, nakFrame, PACKET, PacketFramer, readPacket } from "./wire.ts";

/** Withdrawn texts of which the unit may still have to be told. */
const MAX_REMOVALS = 64;
/** After the enable, wait for the unit's wish for Unicode before texts go out in ASCII. */
const UNICODE_WAIT_MS = 30_000;

export interface FmiEnvironment {
  readonly wallClock?: () => number;
  /** Ask for the product id, which brings the list of supported protocols. */
  readonly productId: boolean;
}

/** What is under way on the link: a message's packet by its id, the enable, a deletion, or anything that nobody waits for. */
type Key = { readonly type: "enable" | "removal" | "other" } | { readonly type: "text"; readonly id: string };

export class FmiInner implements Inner {
  readonly #settings: InnerSettings;
  readonly #environment: FmiEnvironment;
  readonly #framer = new PacketFramer();
  readonly #link: Link<Key>;
  readonly #texts: Texts;
  readonly #heard: Heard;
  /** Withdrawn texts that the unit has not said to be gone. */
  readonly #removals = new Set<string>();
  #open = false;
  /** Null: the unit may still ask for it. */
  #unicode: boolean | null = null;
  #unicodeBy: number | null = null;
  #level: Level = "a604";

  constructor(settings: InnerSettings, environment: FmiEnvironment) {
    this.#settings = settings;
    this.#environment = environment;
    this.#link = new Link(settings.fmiResendSeconds * 1_000);
    this.#texts = new Texts({
      put: (frame, id) => this.#put(frame, { type: "text", id }),
      drop: (id) => this.#link.drop((key) => key.type === "text" && key.id === id),
      recall: (id) => this.#link.recall((key) => key.type === "text" && key.id === id),
      forgotten: () => this.#enable(),
    });
    this.#heard = new Heard(this.#texts);
    if (settings.fmiLevel !== "auto") this.#level = settings.fmiLevel;
    this.#enable();
  }

  get ready(): boolean {
    return this.#open && this.#unicode !== null && this.#link.idle;
  }

  encode(order: Order): InnerEncoded {
    const clock = this.#environment.wallClock;
    const charset: CharsetName = this.#unicode === false ? "ascii" : "utf8";
    const time = fmiTime(clock === undefined ? null : clock());
    const { messages, altered, empty } = messagesOf(order, { settings: this.#settings, level: this.#level, charset, time });
    const [first, ...rest] = messages.map(({ id, steps }): InnerPart => ({ payload: lastOf(steps).frame, tag: id }));
    if (empty || first === undefined) return { type: "refused", reason: `nothing of this text can be written in ${charset}` };
    for (const message of messages) this.#texts.add(message);
    return { type: "parts", parts: [first, ...rest], altered };
  }

  send(tag: string): void {
    this.#texts.send(tag);
  }

  /** A unit that is switched off meanwhile is asked again once it is enabled. */
  cancel(tag: string): void {
    this.#texts.forget(tag);
    if (this.#level === "a602") return;
    this.#removals.add(tag);
    const [oldest] = this.#removals;
    if (this.#removals.size > MAX_REMOVALS && oldest !== undefined) this.#removals.delete(oldest);
    if (this.#open) this.#remove(tag);
  }

  #remove(tag: string): void {
    this.#put(fmiFrame(ID.remove, namedBody(tag.length, idField(tag))), { type: "removal" });
  }

  receive(payload: Buffer): InnerReading {
    const reactions: Reaction[] = [];
    this.#framer.push(payload);
    for (let frame = this.#framer.next(); frame !== null; frame = this.#framer.next()) reactions.push(this.#packet(frame));
    return {
      events: reactions.flatMap(({ events }) => events),
      stored: () => {
        for (const { stored } of reactions) stored?.();
      },
    };
  }

  tick(now: number): InnerTick {
    if (this.#open && this.#unicode === null) {
      this.#unicodeBy ??= now + UNICODE_WAIT_MS;
      if (now >= this.#unicodeBy) this.#unicode = false;
    }
    const { send, at, lost } = this.#link.tick(now);
    // Whoever does not acknowledge a text may have been switched off.
    if (lost.some(({ type }) => type === "text" || type === "removal")) {
      this.#enable();
      const next = this.tick(now);
      return { send: [...send, ...next.send], at: next.at };
    }
    const due = this.#unicode === null && this.#open ? this.#unicodeBy : null;
    return { send, at: at === null || due === null ? (at ?? due) : Math.min(at, due) };
  }

  /** Until this is acknowledged the unit ignores everything else. */
  #enable(): void {
    const { fmiUnicode } = this.#settings;
    this.#open = false;
    this.#unicode = fmiUnicode === "negotiated" ? null : fmiUnicode === "assumed";
    this.#unicodeBy = null;
    this.#link.drop(() => true);
    this.#texts.interrupted();
    this.#put(fmiFrame(ID.enable, enableBody(fmiUnicode !== "off")), { type: "enable" });
  }

  #packet(frame: Buffer): Reaction {
    const read = readPacket(frame);
    if (read.type === "bad") {
      this.#link.reply(nakFrame(read.id));
      return { events: [{ type: "bad", reason: read.reason }] };
    }
    const { id, payload } = read;
    // Old clients send one byte.
    const about = payload[0] ?? 0;
    if (id === PACKET.ack) return this.#acknowledged(about);
    if (id === PACKET.nak) this.#link.complained(about);
    // One a second while it is on; its acknowledgement is optional.
    if (id === PACKET.nak || id === PACKET.pvt) return NOTHING;
    if (STARTUP.has(id)) this.#startedUp();
    const reaction = id === PACKET.fmi && payload.length >= 2 ? this.#fmi(payload.readUInt16LE(0), payload.subarray(2)) : NOTHING;
    return {
      events: reaction.events,
      stored: () => {
        this.#link.reply(ackFrame(id));
        reaction.stored?.();
      },
    };
  }

  #acknowledged(packet: number): Reaction {
    const key = this.#link.acknowledged(packet);
    if (key?.type === "text") return { events: this.#texts.acknowledged(key.id) };
    if (key?.type !== "enable") return NOTHING;
    this.#open = true;
    for (const tag of this.#removals) this.#remove(tag);
    if (this.#environment.productId) this.#put(fmiFrame(ID.productRequest, EMPTY), OTHER);
    return NOTHING;
  }

  /** A unit says who it is when it is switched on: it needs the enable again. */
  #startedUp(): void {
    if (this.#open) this.#enable();
    else this.#link.hurry();
  }

  #fmi(id: number, body: Buffer): Reaction {
    const { protocols, unicode, removed, answer, ...reaction } = this.#heard.read(id, body);
    if (removed !== undefined) this.#removals.delete(removed);
    if (protocols !== undefined && this.#settings.fmiLevel === "auto") this.#level = levelOf(protocols);
    if (unicode === true && this.#settings.fmiUnicode !== "off") this.#unicode = true;
    const granted = unicode !== true || this.#settings.fmiUnicode !== "off";
    if (answer === undefined || !granted) return reaction;
    return { events: reaction.events, stored: () => this.#put(answer, OTHER) };
  }

  #put(bytes: Buffer, key: Key): void {
    const outgoing: Outgoing<Key> = { bytes, packet: PACKET.fmi, key, forever: key.type === "enable" };
    this.#link.add(outgoing);
  }
}

const EMPTY = Buffer.alloc(0);
const OTHER: Key = { type: "other" };
const NOTHING: Reaction = { events: [] };
const STARTUP: ReadonlySet<number> = new Set([PACKET.unitId, PACKET.protocols, PACKET.product]);

function levelOf(protocols: ReadonlySet<number>): Level {
  if (protocols.has(611)) return "a611";
  return protocols.has(604) ? "a604" : "a602";
}

function lastOf(steps: readonly [Step, ...Step[]]): Step {
  return steps[steps.length - 1] ?? steps[0];
}
