/** The login packet: `imei;password` (1.1) or `version;imei;password;CRC` (2.0, 2.1). */
import { type Dialect, passed, takeCrc } from "./crc.ts";

interface Login {
  /** As the device says it; null in 1.1, which does not say it. */
  readonly version: string | null;
  readonly key: string;
  readonly password: string | null;
}

export type ReadLogin =
  | { readonly type: "login"; readonly login: Login }
  | { readonly type: "crc"; readonly login: Login }
  | { readonly type: "structure"; readonly reason: string };

/** Reads the body of an `L`. The first field tells the version: an id has no "." between digits (TRC). */
export function readLogin(body: Buffer): ReadLogin {
  const version = VERSION.exec(body.toString("latin1", 0, VERSION_BYTES))?.[1] ?? null;
  if (version === null) return login(null, body.toString("utf8").split(";"));
  const fields = body.toString("utf8").split(";");
  const dialect = dialectOf(version);
  if (fields.length < (dialect === "2.x" ? 4 : 2)) return { type: "structure", reason: `a login with ${fields.length} fields` };
  const { content, check } = takeCrc(body, ";", dialect === "2.x" ? "2.x" : "unknown");
  const read = login(version, content.toString("utf8").split(";").slice(1));
  return read.type === "login" && !passed(check) ? { type: "crc", login: read.login } : read;
}

/** Which rules a version means for all other packets; 2.1 and what may follow are read as 2.0. */
export function dialectOf(version: string | null): Dialect {
  return version === null || version.startsWith("1.") || version.startsWith("0.") ? "1.x" : "2.x";
}

/** A value that the specification writes as "NA", and some devices as nothing. */
export function absent(field: string | undefined): boolean {
  return field === undefined || field === "" || field === "NA";
}

function login(version: string | null, fields: readonly string[]): ReadLogin {
  const [key, ...rest] = fields;
  if (key === undefined || absent(key) || !KEY.test(key)) return { type: "structure", reason: "a login without a usable id" };
  const password = rest.join(";");
  return { type: "login", login: { version, key, password: absent(password) ? null : password } };
}

const VERSION = /^(\d{1,3}\.\d{1,3});/;
const VERSION_BYTES = 8;
/** A unit id: printable, and no longer than any identity in use. */
const KEY = /^[\x21-\x7e]{1,64}$/;
