/** A frame with its lengths falsified, wherever and however they may be written: nobody says which bytes are one. */

/** Bytes from the start in which a length is looked for. */
const HEAD_BYTES = 24;

/** A number in a frame, and the frame with another in its place. */
interface Field {
  readonly value: number;
  readonly max: number;
  write(value: number): Buffer;
}

/** `waits`: is more waited for behind these bytes? A number that makes it so when it grows is a length. */
export function declarationsOf(frame: Buffer, waits: (bytes: Buffer) => boolean): readonly Buffer[] {
  const all = [...binaryFields(frame), ...decimalFields(frame), ...hexFields(frame)].flatMap((field) => {
    const values = [0, 1, field.max];
    if (field.value < field.max && waits(field.write(field.value + 1))) values.push(...aroundTheLargest(field, waits));
    return values.filter((value) => value !== field.value).map((value) => field.write(value));
  });
  return [...new Map(all.map((bytes) => [bytes.toString("latin1"), bytes])).values()];
}

/** The largest length that is waited for, and one more. */
function aroundTheLargest(field: Field, waits: (bytes: Buffer) => boolean): readonly number[] {
  if (waits(field.write(field.max))) return [field.max];
  let [taken, refused] = [field.value + 1, field.max];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    if (waits(field.write(middle))) taken = middle;
    else refused = middle;
  }
  return [taken, refused];
}

function binaryFields(frame: Buffer): readonly Field[] {
  const head = Math.min(HEAD_BYTES, frame.length);
  const offsets = Array.from({ length: head }, (_, at) => at);
  return offsets.flatMap((at) => WIDTHS.filter(({ bytes }) => at + bytes <= head).map((width) => binaryField(frame, at, width)));
}

interface Width {
  readonly bytes: 1 | 2 | 4;
  readonly order: "big" | "little";
}

const WIDTHS: readonly Width[] = [
  { bytes: 1, order: "big" },
  { bytes: 2, order: "big" },
  { bytes: 2, order: "little" },
  { bytes: 4, order: "big" },
  { bytes: 4, order: "little" },
];

function binaryField(frame: Buffer, at: number, { bytes, order }: Width): Field {
  return {
    value: order === "big" ? frame.readUIntBE(at, bytes) : frame.readUIntLE(at, bytes),
    max: 256 ** bytes - 1,
    write(value) {
      const copy = Buffer.from(frame);
      if (order === "big") copy.writeUIntBE(value, at, bytes);
      else copy.writeUIntLE(value, at, bytes);
      return copy;
    },
  };
}

function decimalFields(frame: Buffer): readonly Field[] {
  return textFields(frame, /\d{1,6}/g, 10);
}

function hexFields(frame: Buffer): readonly Field[] {
  return textFields(frame, /[\dA-F]{2,8}/gi, 16);
}

/** Written with as many digits as before, or more where they do not suffice. */
function textFields(frame: Buffer, pattern: RegExp, radix: 10 | 16): readonly Field[] {
  const head = frame.toString("latin1", 0, HEAD_BYTES);
  return [...head.matchAll(pattern)].map(({ 0: digits, index }) => ({
    value: Number.parseInt(digits, radix),
    max: radix ** 8 - 1,
    write: (value) => {
      const text = value.toString(radix).padStart(digits.length, "0");
      return Buffer.concat([frame.subarray(0, index), Buffer.from(text), frame.subarray(index + digits.length)]);
    },
  }));
}
