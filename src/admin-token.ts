/** The bearer token of /admin: given, or made at the first start and kept in DATA_DIR. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";

export interface AdminToken {
  readonly token: string;
  /** Made just now: it is shown this once. */
  readonly made: boolean;
}

type Place = Pick<Config, "adminToken" | "dataDir">;

/** The token of a running or earlier product; null when none was given and none is kept. Throws when the file cannot be read. */
export function readAdminToken({ adminToken, dataDir }: Place): string | null {
  if (adminToken !== null) return adminToken;
  try {
    return readFileSync(fileIn(dataDir), "utf8").trim() || null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** The token to serve with; made and kept (readable by its owner only) when there is none. */
export function keepAdminToken(place: Place): AdminToken {
  const known = readAdminToken(place);
  if (known !== null) return { token: known, made: false };
  const token = randomBytes(24).toString("base64url");
  mkdirSync(place.dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(fileIn(place.dataDir), `${token}\n`, { mode: 0o600 });
  return { token, made: true };
}

function fileIn(dataDir: string): string {
  return join(dataDir, "admin-token");
}
