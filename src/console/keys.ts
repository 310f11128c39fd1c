/** Keys that this page makes up; no two are equal. */

const BYTES = 16;

/** Also where a browser has no `randomUUID`: on a page that came over plain HTTP. */
export function freshKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
