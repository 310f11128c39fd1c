/**
 * The scripted protocol on a line that several units share. `K link` opens it as a link, `L dev` as a device; then a frame is a
 * list of what units say: `a T 1 hello|b P|!c A 5`, where `!` marks a word about a unit that is no sign of life of it. A frame
 * may have a number, `#7 a P`, which its answer repeats.
 */
import {
  type Codec,
  type DeviceEvent,
  LineFramer,
  type Order,
  type Protocol,
  type Reading,
  type UnitSpeech,
} from "../../src/core/index.ts";
import { byTag, cut, decode } from "./scripted-protocol.ts";

export const shared: Protocol = {
  ...byTag,
  name: "scripted-units",
  detect: (head) => (head[0] === 0x4b || head[0] === 0x4c ? "yes" : "no"),
  connect: () => codec([]),
};

/** Units that left are added to the list. */
export function watched(left: string[]): Protocol {
  return { ...shared, connect: () => codec(left) };
}

function codec(left: string[]): Codec {
  const removals: Buffer[] = [];
  let own = "";
  const speech = (key: string): UnitSpeech => ({
    encode: (order: Order) => {
      const parts = cut(order.text, byTag.capabilities.maxBytes).map((text, index) => {
        const tag = String(order.tag + index);
        return { tag, bytes: Buffer.from(`M ${key} ${tag} ${text}\n`) };
      });
      const [first, ...rest] = parts;
      return first === undefined ? { type: "refused", reason: "empty" } : { type: "parts", parts: [first, ...rest], altered: false };
    },
    cancel: (tag) => void removals.push(Buffer.from(`X ${key} ${tag}\n`)),
  });
  return {
    framer: new LineFramer({ maxBytes: 40_000 }),
    identified: ({ deviceId }) => {
      own = deviceId;
    },
    unit: speech,
    left: (key) => void left.push(key),
    encode: (order) => speech(own).encode(order),
    cancel: (tag) => speech(own).cancel?.(tag),
    tick: () => ({ send: removals.splice(0), at: null }),
    decode: (frame) => read(frame.toString("utf8")),
  };
}

function read(line: string): Reading {
  const [letter = "", key = "", password] = line.split(" ");
  if (letter === "L") return decode(line);
  if (letter === "K") {
    const reply = { reply: decode(`L ${key}`).reply ?? Buffer.alloc(0) };
    return { events: [{ type: "hello", scope: "link", key, password: password ?? null }], ...reply };
  }
  const [, number = "", list = line] = /^(#\d+ )(.*)$/su.exec(line) ?? [];
  const said = list.split("|").map((words) => {
    const [who = "", ...rest] = words.split(" ");
    return { who: who.replace("!", ""), lives: !who.startsWith("!"), events: decode(rest.join(" ")).events };
  });
  const units = said.filter(({ lives }) => lives).map(({ who }) => who);
  const events = said.flatMap(({ who, events: one }) => one.map((event): DeviceEvent => ({ ...event, unit: who })));
  const reply: Reading["reply"] = (_, verdicts = new Map()) => {
    const words = [...new Set(units)].map((unit) => {
      const verdict = verdicts.get(unit);
      return `${unit}=${verdict?.type === "refused" ? verdict.reason : verdict?.type === "accepted" ? "ok" : "gone"}`;
    });
    return words.length === 0 ? null : Buffer.from(`R ${number}${words.join(" ")}\n`);
  };
  return { events, reply, units };
}
