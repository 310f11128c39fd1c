/** What goes into a session and what comes out: three discriminated unions, no behaviour. */
import type { CodecEnvironment, DeviceEvent, Identity, Protocol, RefusalReason } from "./protocol.ts";

/** A device's text as the session hands it on. `lossy`: some of its bytes did not decode. */
export interface DeviceText {
  readonly text: string;
  readonly serial: string | null;
  readonly lossy: boolean;
  readonly answers: AnsweredOrder | null;
  /** It names an order that this line does not know: only the store can tell which message that was. */
  readonly late?: LateAnswer;
}

/** An answer to an order of an earlier line. */
export interface LateAnswer {
  readonly tag: string;
  readonly choice: number | null;
}

/** Which order of ours a driver's text answers. */
export interface AnsweredOrder {
  readonly messageId: number;
  readonly choice: number | null;
}

/** What the store knows about this device's habits when it logs in. */
export interface Standing {
  /** It has acknowledged a text at least once in its life. */
  readonly proven: boolean;
  /** Lines closed for a missing receipt since its last receipt. */
  readonly closings: number;
  /** Milliseconds since the last of them; null: never. */
  readonly sinceClosingMs: number | null;
  /** The last question that went out and was not answered yet. */
  readonly question?: OpenQuestion | null;
}

/** A question whose answer a driver may give in words: "2", or one of the choices. */
export interface OpenQuestion {
  readonly messageId: number;
  readonly choices: readonly string[];
}

/** A frame that carried an order or its receipt, for the message's timeline. */
export interface Trace {
  readonly id: number;
  readonly direction: "down" | "up";
  /** At most `TRACE_BYTES` of the frame. */
  readonly bytes: Buffer;
  /** How long ago that was. */
  readonly ageMs: number;
}

/** What the last part of a text is called on the wire, for reads and answers that come over a later line. */
export interface WireTag {
  readonly id: number;
  readonly tag: string;
  /** It is the only part: whoever has read it has all of the text. */
  readonly whole: boolean;
}

export type LoginVerdict =
  | { readonly type: "accepted"; readonly identity: Identity; readonly standing: Standing }
  /** A link that the fleet does not know: it is nobody itself, and may carry units. */
  | { readonly type: "carrier" }
  | { readonly type: "refused"; readonly reason: RefusalReason }
  | { readonly type: "unavailable" };

/** A text of the outbox, claimed for this line. */
export interface ClaimedText {
  readonly id: number;
  readonly text: string;
  readonly urgent: boolean;
  /** Which delivery this is, from 1, over all lines. */
  readonly attempt: number;
  /** First of the tags reserved for it: the same on every delivery. */
  readonly tag: number;
  /** Parts already acknowledged, counted from the first without a gap. */
  readonly partsAcked: number;
  readonly choices: readonly string[] | null;
}

/** How an order ended, or what is known about it; applied by the store exactly once, in order. */
export type Settlement =
  | { readonly type: "delivered"; readonly id: number; readonly receipt: "device" | "implied" }
  | { readonly type: "read"; readonly id: number }
  /** The driver read a text of an earlier line; the store knows which by its latest `WireTag`. */
  | { readonly type: "late-read"; readonly tag: string }
  | { readonly type: "progress"; readonly id: number; readonly parts: number }
  | { readonly type: "rejected"; readonly id: number; readonly reason: string }
  /** No receipt in time: free it for the next delivery, or make it a dead letter after the last. */
  | {
      readonly type: "lapsed";
      readonly id: number;
      /** Which delivery lapsed, so that saying it twice frees the text once; absent: the present one. */
      readonly attempt?: number;
    }
  | { readonly type: "unconfirmed"; readonly id: number }
  /** Some characters went out as '?'. */
  | { readonly type: "altered"; readonly id: number }
  /** The device acknowledges texts, though which one it meant is not known. */
  | { readonly type: "proven" }
  /** This line is being closed because a receipt is missing. */
  | { readonly type: "closing" };

export type DrainResult =
  | {
      readonly type: "drained";
      readonly texts: readonly ClaimedText[];
      /** Texts that wait behind those on this line, in the lanes that were asked for. */
      readonly waiting: number;
      /** Milliseconds until a text becomes due that is not yet; null: none. */
      readonly dueInMs: number | null;
      /** Texts that came to their end in this call without a settlement; absent: none. */
      readonly ended?: EndedTexts;
      /** Of the texts that the line holds, or gave back just now: those that are not wanted any more. Absent: none. */
      readonly withdrawn?: readonly number[];
    }
  /** A newer line owns this tracker. */
  | { readonly type: "stale" }
  | { readonly type: "unavailable" };

export interface EndedTexts {
  readonly expired: number;
  readonly deadLettered: number;
}
/** What a line is told about its outbox: it has the text with this id, or may have one, or a text on its way may have been withdrawn. */
export type News = number | "text" | "withdrawal";
/** `coming`: a text is on its way to the store, so that what is asked from now on comes behind it; news of it follows. */
export type LineNews = News | "coming";

export type CloseReason =
  | "login-timeout"
  | "idle"
  | "half-frame"
  | "login-refused"
  | "another-device"
  | "too-many-bad-frames"
  | "broken-stream"
  | "not-stored"
  | "no-receipt"
  | "taken-over"
  | "kicked"
  | "removed"
  | "drain"
  | "bye"
  | "slow-reader"
  | "peer-closed";

/** Which of several units on a line is meant, by what the device calls it; undefined: the line's own. */
export type UnitLabel = string | undefined;

export type Input =
  | { readonly type: "bytes"; readonly chunk: Buffer }
  /** The answer to `identify`. */
  | { readonly type: "identified"; readonly verdict: LoginVerdict }
  /** The answer to `receive`: stored (or known already), or the store could not be reached. */
  | { readonly type: "received"; readonly verdict: "stored" | "unavailable" }
  /** The outbox of this tracker may hold something; `withdrawal`: a text that is on its way may have been withdrawn. */
  | { readonly type: "hint"; readonly news?: LineNews; readonly unit?: UnitLabel }
  /** The answer to `drain`. */
  | { readonly type: "drained"; readonly result: DrainResult; readonly unit?: UnitLabel }
  /** This tracker belongs on the line no longer; the line ends with the last of them. */
  | { readonly type: "leave"; readonly reason: CloseReason; readonly unit?: UnitLabel }
  /** Of the upstream server that shares the line: a connection to it was made, or was lost, or it says this. */
  | { readonly type: "upstream"; readonly news: "up" | "down" | Buffer }
  | { readonly type: "tick" }
  /** Close; with `graceMs`, first let the open question and outstanding receipts end for that long. */
  | { readonly type: "end"; readonly reason: CloseReason; readonly graceMs: number };

export type Effect =
  | { readonly type: "write"; readonly bytes: Buffer }
  /** The line is shared with this server: connect to it, and again whenever the connection is lost. Said again: drop the one there is. */
  | { readonly type: "share"; readonly target: string }
  /** To the upstream server; only while it is up. */
  | { readonly type: "relay"; readonly bytes: Buffer }
  /** Question: who is this? `unit`: one of several on this line. */
  | {
      readonly type: "identify";
      readonly scope: "login" | "register" | "link" | "unit";
      readonly key: string;
      readonly password: string | null;
    }
  /** Question: store these. `early`: within the first frames after login, where a text may be a re-send of the last line's. */
  | { readonly type: "receive"; readonly texts: readonly DeviceText[]; readonly early: boolean; readonly unit?: UnitLabel }
  /** A frame followed our acknowledgement of a text: it cannot come again as a re-send. */
  | { readonly type: "passed"; readonly unit?: UnitLabel }
  /** Apply the settlements, then claim up to `room` texts; `held` are those this line already has. */
  | {
      readonly type: "drain";
      readonly settlements: readonly Settlement[];
      readonly held: readonly number[];
      readonly room: number;
      /** Of the urgent lane alone; absent: of both. */
      readonly urgentOnly?: boolean;
      readonly traces?: readonly Trace[];
      readonly tags?: readonly WireTag[];
      readonly unit?: UnitLabel;
    }
  | { readonly type: "status"; readonly status: Extract<DeviceEvent, { type: "status" }>; readonly unit?: UnitLabel }
  /** A unit left, the line stays; what its texts still have to tell the store follows in this step. */
  | { readonly type: "left"; readonly reason: CloseReason; readonly unit?: UnitLabel }
  | { readonly type: "note"; readonly kind: NoteKind; readonly reason: string; readonly bytes: Buffer | null }
  | { readonly type: "close"; readonly reason: CloseReason };

/** What a note is about: each kind is one counter. */
export type NoteKind =
  | "noise"
  | "bad-frame"
  | "before-login"
  | "refused"
  | "stray-receipt"
  | "ambiguous-receipt"
  | "lossy-text"
  | "upstream-order"
  | "upstream-refused"
  | "upstream-noise"
  | "unrelayed"
  | "defect";

/** Bounds of one line. Times in milliseconds. */
export interface SessionLimits {
  readonly loginMs: number;
  readonly idleMs: number;
  readonly halfFrameMs: number;
  readonly receiptMs: number;
  /** Malformed frames in a row before the line is closed. */
  readonly strikes: number;
  /** Refused passwords before the line is closed. */
  readonly loginAttempts: number;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly protocol: Protocol;
  readonly limits: SessionLimits;
  /** Monotonic ms. */
  readonly now: number;
  readonly environment?: CodecEnvironment;
}
