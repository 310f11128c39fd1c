/** The phone field of the header as a device key, and back. */
import type { Address } from "./header.ts";

/**
 * BCD digits as sent, leading zeros kept. Bytes that are not BCD are read as a binary IMEI without its check digit
 * (seen on BSJ devices, `0b3a73ce2ff2`) when they are one: 14 digits, the check digit is added. Anything else: hex.
 */
export function deviceKeyOf(phone: Buffer): string {
  const hex = phone.toString("hex");
  if (/^\d+$/.test(hex)) return hex;
  const digits = BigInt(`0x${hex}`).toString();
  return digits.length === IMEI_DIGITS - 1 ? digits + luhn(digits) : hex;
}

/** The same identity whatever the padding: a 2013 and a 2019 header name one device with 12 and 20 digits. */
export function sameDevice(one: string, other: string): boolean {
  return unpadded(one) === unpadded(other);
}

/** The phone bytes of a device id: digits, a 15-digit IMEI in 6 bytes, or hex. Throws RangeError when it cannot fit. */
export function phoneOf(deviceId: string, form: Address["form"]): Buffer {
  const digits = form === "long" ? 20 : 12;
  const plain = unpadded(deviceId);
  if (/^\d+$/.test(plain) && plain.length <= digits) return Buffer.from(plain.padStart(digits, "0"), "hex");
  if (/^\d{15}$/.test(plain)) return Buffer.from(BigInt(plain.slice(0, -1)).toString(16).padStart(digits, "0"), "hex");
  if (/^[\da-f]+$/i.test(deviceId) && deviceId.length === digits) return Buffer.from(deviceId, "hex");
  throw new RangeError(`device id of at most ${digits} digits, a 15-digit IMEI or ${digits} hex digits expected, came ${deviceId}`);
}

const IMEI_DIGITS = 15;

function unpadded(key: string): string {
  return /^\d+$/.test(key) ? key.replace(/^0+(?=\d)/, "") : key.toLowerCase();
}

/** The check digit of an IMEI (3GPP TS 23.003, annex B). */
function luhn(digits: string): string {
  let sum = 0;
  for (const [index, character] of [...digits].reverse().entries()) {
    const value = Number(character) * (index % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}
