/** Attacks that one protocol alone has the means for. */
import { deflateSync } from "node:zlib";
import { message, SHORT } from "../../protocols/jt808-frames.ts";
import type { Kind } from "./kinds.ts";
import { NO_TEXT } from "./no-text.ts";
import type { Seat } from "./seats.ts";

const BOMB_BYTES = 32 * 1024 * 1024;
const FRAGMENTED_TEXTS = 200;
const FRAGMENT_BYTES = 900;
/** Text up, JT/T 808 2013. */
const POSITION = 0x0200;
const TEXT_UP = 0x6006;

export const OWN_KINDS: readonly Kind[] = [
  { name: "zip bomb", of: only("wialon-ips", bombs) },
  { name: "sub-packages never completed", of: only("jt808", fragments) },
  { name: "no text", of: only("wialon-ips", withoutCheck) },
  { name: "no text", of: only("jt808", checked) },
];

let bomb: Buffer | undefined;

function container(inside: Buffer): Buffer {
  const deflated = deflateSync(inside, { level: 9 });
  return Buffer.concat([Buffer.of(0xff, deflated.length & 0xff, deflated.length >> 8), deflated]);
}

function only(protocol: string, of: Kind["of"]): Kind["of"] {
  return (seat) => (seat.protocol.name === protocol ? of(seat) : []);
}

/** `FF | length (LE) | zlib`: 32 MiB of one letter are as many KiB on the wire. Then a text, if the line still stands. */
function bombs({ words: { text, login } }: Seat): readonly (readonly Buffer[])[] {
  const { before, bytes } = text ?? login;
  bomb ??= container(Buffer.concat([Buffer.from("#M#"), Buffer.alloc(BOMB_BYTES, "a"), Buffer.from("\r\n")]));
  return [
    [bomb, ...before, bytes],
    [...before, bomb, bytes],
    [...before, container(bomb), bytes],
    [...before, ...Array.from({ length: 20 }, () => container(Buffer.from("#P#"))), bomb, bytes],
  ];
}

/** Two hundred texts and positions of ten packages each begin and never end; then a whole text. */
function fragments({ deviceId, words: { login, text, texts } }: Seat): readonly (readonly Buffer[])[] {
  const { before } = text ?? login;
  const whole = texts.at(-1) ?? login.bytes;
  const address = addressOf(deviceId);
  const begun = (id: number, index: number): Buffer[] =>
    Array.from({ length: FRAGMENTED_TEXTS }, (_, serial) =>
      message(id, Buffer.alloc(FRAGMENT_BYTES, 0x61), 1_000 + serial * 10, { address, fragment: { total: 10, index } }),
    );
  return [TEXT_UP, POSITION].flatMap((id) => [1, 2, 10].map((index) => [...before, ...begun(id, index), whole]));
}

/** A login of version 1.1 of Wialon IPS leaves the checks out, so that what stands in a text is read. */
function withoutCheck({ deviceId }: Seat): readonly (readonly Buffer[])[] {
  return NO_TEXT.map((bad) => [Buffer.from(`#L#${deviceId};NA\r\n#M#a`), bad, Buffer.from("b\r\n")]);
}

/** With its check right, as GBK and as UTF-16. */
function checked({ deviceId, words: { login, text } }: Seat): readonly (readonly Buffer[])[] {
  const { before } = text ?? login;
  const address = addressOf(deviceId);
  const encodings = [0, 1, 0xff];
  return NO_TEXT.flatMap((bad, index) =>
    encodings.map((encoding, turn) => {
      const body = Buffer.concat([Buffer.of(encoding), Buffer.from("ab"), bad]);
      return [...before, message(TEXT_UP, body, 20_000 + index * encodings.length + turn, { address })];
    }),
  );
}

function addressOf(deviceId: string): typeof SHORT {
  return { ...SHORT, phone: Buffer.from(deviceId.padStart(SHORT.phone.length * 2, "0"), "hex") };
}
