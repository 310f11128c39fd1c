/** Passwords as scrypt hashes, API keys and sessions as SHA-256. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Of scrypt: 16 MiB and some tens of milliseconds a password. */
const COST = 2 ** 14;
const BLOCK = 8;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$salt$hash`, base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, { cost: COST, block: BLOCK });
  return ["scrypt", COST, BLOCK, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Compares in constant time; a null hash takes as long as a wrong password and gives false. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [scheme, cost, block, salt = "", hash = ""] = (stored ?? DECOY).split("$");
  if (scheme !== "scrypt") return false;
  const expected = Buffer.from(hash, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), { cost: Number(cost), block: Number(block) });
  return timingSafeEqual(actual, expected) && stored !== null;
}

/** A hash of nothing anyone can type: see `verifyPassword`. */
const DECOY = ["scrypt", COST, BLOCK, "A".repeat(22), "A".repeat(43)].join("$");

/** 32 hex digits from 128 random bits. */
export function makeHash(): string {
  return randomBytes(16).toString("hex");
}

/** How an API key or a session hash (32 hex digits, either case) is kept. */
export function sha256Of(hash: string): string {
  return createHash("sha256").update(hash.toLowerCase()).digest("hex");
}

function derive(password: string, salt: Buffer, { cost, block }: { readonly cost: number; readonly block: number }): Promise<Buffer> {
  const options = { N: cost, r: block, p: 1, maxmem: 256 * cost * block };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
