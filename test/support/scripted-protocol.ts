/** A tiny line protocol that shows every rule of the session: one letter a frame, receipts by tag or in order. */
import {
  type Capabilities,
  type Codec,
  type DeviceEvent,
  LineFramer,
  type Order,
  type Part,
  type Protocol,
  type Reading,
  type Shared,
  type TeeTerms,
  type UpstreamSaid,
  type Verdict,
} from "../../src/core/index.ts";

const CAPABILITIES: Capabilities = {
  textDown: "chat",
  textUp: true,
  receipts: "by-tag",
  read: true,
  choices: true,
  charsets: ["utf8"],
  maxBytes: 10,
  window: 4,
  attempts: 10,
  unstored: "silence",
  motion: true,
};

const OURS = "TANGWDC";

/** Positions are `S`, and `V` with a text in them; `P` is a sign of life. */
const TEE: TeeTerms = {
  login: "once",
  listen: () => new LineFramer({ maxBytes: 200 }),
  up: (frame): Shared => (OURS.includes(frame.toString("utf8", 0, 1)) ? "ours" : frame[0] === 0x50 ? "link" : "data"),
  down: (frame): UpstreamSaid => {
    const said = frame.toString("utf8");
    if (said.startsWith("AL")) return said === "AL ok" ? "welcome" : "refusal";
    return said.startsWith("M ") ? "order" : "pass";
  },
};

export const byTag: Protocol = scripted("scripted-by-tag", CAPABILITIES);
export const inOrder: Protocol = scripted("scripted-in-order", {
  ...CAPABILITIES,
  receipts: "in-order",
  window: 1,
  attempts: 3,
  unstored: "close",
});

function scripted(name: string, capabilities: Capabilities): Protocol {
  return {
    name,
    title: "Scripted",
    capabilities,
    tee: TEE,
    profile: { type: "object", properties: { receipts: { enum: ["device", "implied"], default: "device" } }, additionalProperties: false },
    detect: (head) => (head[0] === 0x4c ? "yes" : "no"),
    connect: () => codec(capabilities),
    preview: (text) => ({
      charset: "utf8",
      bytesPerPart: capabilities.maxBytes,
      parts: cut(text, capabilities.maxBytes).length,
      lost: [],
      empty: false,
    }),
    explain: (frame) => ({ title: frame.toString(), fields: [] }),
    device: () => {
      throw new Error("the scripted protocol has no device");
    },
  };
}

function codec(capabilities: Capabilities): Codec {
  const removals: Buffer[] = [];
  return {
    // Only a part with a tag can be named.
    cancel: (tag) => void removals.push(Buffer.from(`X ${tag}\n`)),
    tick: () => ({ send: removals.splice(0), at: null }),
    framer: new LineFramer({ maxBytes: 200 }),
    identified: () => {},
    decode: (frame) => decode(frame.toString("utf8")),
    encode: (order: Order) => {
      if (order.text === "unsayable") return { type: "refused", reason: "no such words" };
      const byTagToo = capabilities.receipts === "by-tag";
      const parts = cut(order.text, capabilities.maxBytes).map((text, index): Part => {
        const tag = byTagToo ? String(order.tag + index) : null;
        return { tag, bytes: Buffer.from(tag === null ? `M ${text}\n` : `M ${tag} ${text}\n`) };
      });
      const [first, ...rest] = parts;
      return first === undefined
        ? { type: "refused", reason: "empty" }
        : { type: "parts", parts: [first, ...rest], altered: order.text.includes("#") };
    },
  };
}

/** A text in parts. */
export function cut(text: string, size: number): readonly string[] {
  return text.match(new RegExp(`.{1,${size}}`, "gsu")) ?? [];
}

/** What one line of the device means. */
export function decode(line: string): Reading {
  const [letter, first = "", ...rest] = line.split(" ");
  const tail = rest.join(" ");
  const event = (one: DeviceEvent, reply?: string): Reading =>
    reply === undefined ? { events: [one] } : { events: [one], reply: Buffer.from(`${reply}\n`) };
  switch (letter) {
    case "L":
      return { events: [{ type: "hello", scope: "login", key: first, password: tail || null }], reply: loginReply };
    case "R":
      return { events: [{ type: "hello", scope: "register", key: first, password: null }], reply: loginReply };
    case "T":
      return event({ type: "text", serial: first === "-" ? null : first, text: tail }, "AT");
    case "P":
      return event({ type: "alive" }, "AP");
    case "S":
      return event(moving(first, tail), "AS");
    case "V":
      return { events: [...decode(`T ${first} ${tail}`).events, { type: "alive" }], reply: Buffer.from("AV\n") };
    case "A":
      return event({ type: "receipt", tag: first || null, outcome: "accepted" });
    case "N":
      return event({ type: "receipt", tag: first === "-" ? null : first, outcome: "rejected", reason: tail });
    case "G":
      return event({ type: "receipt", tag: first || null, outcome: "garbled" });
    case "W":
      return event({ type: "deferred", tag: first === "-" ? null : first, againMs: Number(tail) });
    case "D":
      return event({ type: "read", tag: first });
    case "C":
      return event({ type: "answer", tag: first, choice: Number(tail), serial: null }, "AC");
    case "B":
      return event({ type: "bye" }, "AB");
    case "!":
      throw new Error("planted defect");
    default:
      return event({ type: "bad", reason: `unknown letter ${letter}` }, "AX");
  }
}

/** `-`: no speed. */
function moving(speed: string, ignition: string): DeviceEvent {
  return {
    type: "status",
    ...(speed === "-" ? {} : { speedKmh: Number(speed) }),
    ...(ignition === "" ? {} : { ignition: ignition === "on" }),
  };
}

function loginReply(verdict: Verdict): Buffer {
  return Buffer.from(verdict.type === "accepted" ? "AL ok\n" : `AL ${verdict.reason}\n`);
}
