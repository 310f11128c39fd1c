/** Texts to the driver's display DV-01: `~O` in FLEX 2.0 and later, `*!DV` in NTCB (NAV 6.1). */
import { type Encoded, numberedText, type Order, type Part, type Preview, type SplitText, splitText } from "../../src/core/index.ts";
import { previewInner } from "../carried/index.ts";
import { CONFIRM, type DisplayText, flexText, NO_CONFIRM, NO_INDEX, ntcbText } from "./messages.ts";
import { MAX_TEXT_BYTES, type Settings } from "./profile.ts";
import { type Parties, writeNtcb } from "./wire.ts";

const CHARSET = "cp1251";

/** How the device on this line is spoken to. */
export type Wire = { readonly form: "flex" } | { readonly form: "ntcb"; readonly parties: Parties };

/** One part of a text on its way, by its tag. */
export interface Sent {
  /** The text's last part: once it is read, all of it is. */
  readonly last: boolean;
  readonly confirm: boolean;
}

export interface EncodedOrder {
  readonly encoded: Encoded;
  readonly sent: ReadonlyMap<string, Sent>;
}

export function encodeOrder(order: Order, settings: Settings, wire: Wire): EncodedOrder {
  // A display has no answers to choose from.
  const words = order.type === "question" ? numberedText(order.text, order.choices) : order.text;
  const { parts, lost, empty } = split(words, settings);
  const confirm = settings.confirm === "always" || (settings.confirm === "urgent" && order.urgent);
  const sent = new Map<string, Sent>();
  const [first, ...rest] = parts.map((text, index): Part => {
    const number = order.tag + index;
    sent.set(String(number), { last: index === parts.length - 1, confirm });
    const own = settings.index === "own" ? number >>> 0 : NO_INDEX;
    const bytes = write({ index: own, confirm: confirm ? CONFIRM : NO_CONFIRM, text }, wire);
    return { bytes, tag: String(number), readable: countsAsRead(confirm, settings) };
  });
  if (empty || first === undefined) return refused("nothing of this text can be shown in CP1251");
  return { encoded: { type: "parts", parts: [first, ...rest], altered: lost.length > 0 }, sent };
}

/** Does field 105 tell that a text was read, which was or was not to be confirmed? */
export function countsAsRead(confirm: boolean, { index, readState }: Settings): boolean {
  return index === "own" && (readState === "any" || (readState === "confirmed" && confirm));
}

export function previewText(text: string, settings: Settings): Preview {
  const carried = previewInner(text, settings);
  if (carried !== null) return carried;
  const { parts, lost, empty } = split(text, settings);
  return { charset: CHARSET, bytesPerPart: limitOf(settings), parts: parts.length, lost, empty };
}

function split(text: string, settings: Settings): SplitText {
  // NUL ends a text on the display.
  const plain = text.replaceAll("\0", " ");
  const cut = splitText(plain, CHARSET, limitOf(settings));
  return { ...cut, empty: cut.empty || plain.trim() === "" };
}

function limitOf({ maxBytes }: Settings): number {
  return Math.min(maxBytes, MAX_TEXT_BYTES);
}

function write(text: DisplayText, wire: Wire): Buffer {
  return wire.form === "flex" ? flexText(text) : writeNtcb(wire.parties, ntcbText(text));
}

function refused(reason: string): EncodedOrder {
  return { encoded: { type: "refused", reason }, sent: new Map() };
}
