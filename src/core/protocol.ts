/**
 * What a protocol is: data and pure functions. It never sees a socket, a store, a clock or a promise.
 * One `Protocol` describes the maker's protocol; one `Codec` lives as long as one line.
 */
import type { CharsetName } from "./charset.ts";
import type { DeviceOptions, SimulatedDevice } from "./device.ts";
import type { Framer } from "./framing.ts";
import type { TeeTerms } from "./tee-terms.ts";

/** What a receipt of this protocol names: one order by its tag, merely the oldest order, or there is none. */
export type ReceiptKind = "by-tag" | "in-order" | "none";

/** What the protocol can do for a chat, as data: shown by `tracker-chat protocols`, used by the session and the API. */
export interface Capabilities {
  /** `console`: a command interpreter, used for chat only when the tracker's profile says so. */
  readonly textDown: "chat" | "console" | "none";
  readonly textUp: boolean;
  /** A driver's text comes again until it is acknowledged; false: one whose acknowledgement was lost does not. Absent: true. */
  readonly repeats?: boolean;
  readonly receipts: ReceiptKind;
  /** The device reports that the driver read a text. */
  readonly read: boolean;
  /** The protocol has its own means for a question with fixed answers. */
  readonly choices: boolean;
  /** The first is the default. */
  readonly charsets: readonly [CharsetName, ...CharsetName[]];
  /** Text bytes in one order, before a profile lowers them; a longer text is split. */
  readonly maxBytes: number;
  /** Orders that may be unacknowledged on a line at once. */
  readonly window: number;
  /** Deliveries of one text before it is given up as a dead letter. */
  readonly attempts: number;
  /** Its frames tell whether the vehicle moves: texts can be held meanwhile (see `Gate`). Absent: they do not. */
  readonly motion?: true;
  /** A receipt may take this long, where that is longer than the gateway waits; absent: it is not. */
  readonly receiptMs?: number;
  /** A device text could not be stored: stay silent and let the device repeat, or close as well. */
  readonly unstored: "silence" | "close";
}

/** JSON Schema (draft-07) of a tracker's profile for this protocol; `default`s are applied before a codec sees it. */
export type ProfileSchema = Readonly<Record<string, unknown>>;
/** A checked profile: the protocol's own schema vouches for its fields. */
export type Profile = Readonly<Record<string, unknown>>;

export type Detection = "yes" | "no" | "more";
export type Direction = "up" | "down";

export interface Protocol {
  /** Kebab-case, unique: the value of a tracker's `protocol`. */
  readonly name: string;
  readonly title: string;
  readonly capabilities: Capabilities;
  readonly profile: ProfileSchema;
  /** What a tracker's profile changes about the capabilities; absent: nothing. See `capabilitiesUnder`. */
  under?(profile: Profile): Partial<Capabilities>;
  /** The most that `Framer.buffered` may come to, where `HELD_BYTES` is not enough; the bytes last read come on top. */
  readonly heldBytes?: number;
  /** How a line is shared with an upstream server; absent: it cannot be. */
  readonly tee?: TeeTerms;
  /** The device of the demo fleet that speaks this protocol; absent: none does. */
  readonly demo?: { readonly deviceId: string };
  /** Do these first bytes of a connection belong to this protocol? `more` may be answered for at most 64 bytes. */
  detect(head: Buffer): Detection;
  /** A new line: framer and codec with fresh state. */
  connect(environment?: CodecEnvironment): Codec;
  /** How this text would go out under this profile; for the API's capabilities and the `altered` mark. */
  preview(text: string, profile: Profile): Preview;
  /** Cuts what one side said into frames, for people who want them explained. Absent: the framer of `connect` does. */
  listen?(direction: Direction): Framer;
  /** Explains one frame field by field; secrets are redacted unless asked for. */
  explain(frame: Buffer, direction: Direction): Explanation;
  /**
   * The frame with its credentials replaced by what `cover` gives for them and its checks mended, so that it can be kept, shown
   * and played again; null: it carries none. Absent: no frame of this protocol does.
   */
  redact?(frame: Buffer, direction: Direction, cover: (secret: string) => string): Buffer | null;
  /** The device's side of the protocol, for the simulator, the tests and the benchmarks. */
  device(options: DeviceOptions): SimulatedDevice;
}

/** What a codec may ask of its surroundings. */
export interface CodecEnvironment {
  /** Milliseconds since 1970, for devices that ask for the time; absent: such requests are refused. */
  readonly wallClock?: () => number;
}

export interface Codec {
  readonly framer: Framer;
  /** Called once the tracker is known, before the login's reply is made and before any order. */
  identified(identity: Identity): void;
  /** Decodes one frame. Never throws: what is malformed becomes a `bad` event. */
  decode(frame: Buffer): Reading;
  /** Encodes an order into the parts that go on the wire, each with its own receipt. */
  encode(order: Order): Encoded;
  /** Takes a part over that would else be written: what must wait its turn goes out through `tick`, which follows in the same step. */
  send?(part: Part): void;
  /** Withdraws a part that may have gone out already: it is taken off the driver's screen where the protocol has the means. */
  cancel?(tag: string): void;
  /** After `cancel`, where receipts name no part: may the receipt of this one still come? False: it never went out, or was refused. Absent: it may. */
  expects?(tag: string): boolean;
  /**
   * A unit beside the line's own has logged in (see `Reading.units`): how it is spoken to. Tags of two units may be equal, so
   * every event says whose it is. Absent: one unit per line. Receipts must name their text.
   */
  unit?(key: string, identity: Identity): UnitSpeech;
  /** A unit, or the line's own one, is on this line no longer. */
  left?(key: string): void;
  /** False while whatever shows the texts cannot take one: nothing is claimed meanwhile. Absent: always true. */
  readonly ready?: boolean;
  /** On a line that is shared with an upstream server: that server's frame goes to the device now. Absent: it does not matter. */
  overheard?(frame: Buffer): void;
  /** Frames the codec wants sent on its own account (missing fragments, link layers); `at` is when to ask again. */
  tick?(now: number): Ticked;
}

/** How one of several units on a line is spoken to. */
export type UnitSpeech = Pick<Codec, "encode" | "send" | "cancel" | "expects">;

export interface Ticked {
  readonly send: readonly Buffer[];
  readonly at: number | null;
  /** Receipts that count only now, because nothing said otherwise in time: each with the frame it came in (a copy). `tick` is asked once more then. */
  readonly receipts?: readonly { readonly event: Extract<DeviceEvent, { readonly type: "receipt" }>; readonly frame: Buffer }[];
}

/** Who is on the line, as the fleet knows it. */
export interface Identity {
  readonly trackerId: number;
  readonly deviceId: string;
  readonly profile: Profile;
  /** The tracker's password or auth code; null accepts any. */
  readonly secret: string | null;
}

/** A decoded frame: what the device said, in order, and how to answer once all of it is stored. */
export interface Reading {
  readonly events: readonly DeviceEvent[];
  /** Absent: the protocol answers nothing to this frame. */
  readonly reply?: Reply;
  /** Of a login: the frame says more, and how it reads depends on the profile. Once accepted it is decoded again, and only then answered. */
  readonly again?: true;
  /**
   * On a line that carries several units, by what the device calls them: who shows signs of life in this frame, also when
   * nobody does but its events name units. Whoever is not on the line yet is logged in first. Absent: the line's own unit.
   */
  readonly units?: readonly string[];
  /**
   * With `units`: what they said, where how it reads depends on who they are. Asked at most once, when the codec knows all of
   * them that are welcome. Absent: `events`.
   */
  readonly hear?: () => readonly DeviceEvent[];
}

/**
 * Reply bytes as a value, or as a function of the verdict where the answer depends on it (null: silence). It is called at
 * most once, when all events are dealt with: a link layer queues then what may only follow what was stored. `units` has the
 * verdict on each of `Reading.units`; a unit without one left in the meantime.
 */
export type Reply = Buffer | ((verdict: Verdict, units?: ReadonlyMap<string, Verdict>) => Buffer | null);

/** Why a device was refused. `overload`: its line has too many units, or too many logged in just now; later it may do. */
export type RefusalReason = "unknown-device" | "wrong-password" | "blocked" | "wrong-protocol" | "quarantined" | "unsupported" | "overload";

/** The answer to a question that the session asked. `unavailable` never reaches a reply: nothing unstored is acknowledged. */
export type Verdict =
  | { readonly type: "accepted"; readonly identity: Identity }
  | { readonly type: "refused"; readonly reason: RefusalReason };

/** `unit`: which of several units on the line says it; absent: the line's own. */
export type DeviceEvent = Said & { readonly unit?: string };

type Said =
  /**
   * `register` asks who the device is without logging it in (JT/T 808 0x0100). `link` logs in a line that carries units, as a
   * tracker of its own where the fleet has one (EGTS DISPATCHER_IDENTITY).
   */
  | { readonly type: "hello"; readonly scope: "login" | "register" | "link"; readonly key: string; readonly password: string | null }
  /** A driver's text. `serial`: the protocol's own de-duplication key, null where it has none. `lossy`: bytes did not decode. */
  | { readonly type: "text"; readonly text: string; readonly serial: string | null; readonly lossy?: boolean; readonly answers?: string }
  | { readonly type: "receipt"; readonly tag: string | null; readonly outcome: ReceiptOutcome; readonly reason?: string }
  /** The device takes this order later, and the codec sends it again after so long: the wait for its receipt starts anew then. */
  | { readonly type: "deferred"; readonly tag: string | null; readonly againMs: number }
  /** The driver read the text with this tag. */
  | { readonly type: "read"; readonly tag: string }
  /** The driver chose an answer of the question with this tag (null: an unsolicited quick reply). */
  | { readonly type: "answer"; readonly tag: string | null; readonly choice: number; readonly serial: string | null }
  | { readonly type: "status"; readonly speedKmh?: number; readonly ignition?: boolean }
  | { readonly type: "alive" }
  /** A frame that is not what the protocol says: counted, never stored. */
  | { readonly type: "bad"; readonly reason: string }
  | { readonly type: "bye" };

/** `garbled`: the device saw a checksum error and may get the same order once more. */
export type ReceiptOutcome = "accepted" | "rejected" | "garbled";

/** What we say to a device. `tag`: first of the tags reserved for it (see `MessageStore.drain`). */
export type Order =
  | { readonly type: "text"; readonly text: string; readonly urgent: boolean; readonly tag: number }
  | {
      readonly type: "question";
      readonly text: string;
      readonly urgent: boolean;
      readonly tag: number;
      readonly choices: readonly string[];
    };

export interface Part {
  readonly bytes: Buffer;
  /** What the receipt of this part will name, or where receipts have no tag what a `read` will; else null. */
  readonly tag: string | null;
  /** False: a device's word on this part is no `read` of its text (see `Deliveries`: the last part counts). Absent: it is, over a later line too. */
  readonly readable?: boolean;
}

export type Encoded =
  | { readonly type: "parts"; readonly parts: readonly [Part, ...Part[]]; readonly altered: boolean }
  /** The order can never be sent to this device. */
  | { readonly type: "refused"; readonly reason: string };

/** How a text would go out. `lost`: characters that the device's charset lacks, each once. */
export interface Preview {
  readonly charset: CharsetName;
  readonly bytesPerPart: number;
  readonly parts: number;
  readonly lost: readonly string[];
  /** Nothing mappable is left: the text can never be sent. */
  readonly empty: boolean;
  /** Why it can never be sent, where that is not for its characters. */
  readonly refusal?: string;
}

export interface Explanation {
  readonly title: string;
  readonly fields: readonly ExplainedField[];
}
export interface ExplainedField {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}
