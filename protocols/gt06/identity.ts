/** The IMEI in a login: 8 bytes BCD, the first nibble 0. */

export const IMEI_BYTES = 8;

export function keyOf(imei: Buffer): string {
  return imei.toString("hex").replace(/^0/u, "");
}

/** Throws RangeError when the id is not up to 16 digits. */
export function imeiOf(deviceId: string): Buffer {
  if (!/^\d{1,16}$/u.test(deviceId)) throw new RangeError(`an IMEI of up to 16 digits expected, came ${JSON.stringify(deviceId)}`);
  return Buffer.from(deviceId.padStart(2 * IMEI_BYTES, "0"), "hex");
}
