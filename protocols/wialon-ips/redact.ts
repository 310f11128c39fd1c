/** A login without its password: what is kept of a conversation must still log in when it is played again. */
import { crc16Arc, type Direction } from "../../src/core/index.ts";
import { makeContainer, openContainer } from "./container.ts";
import { formatCrc, passed, takeCrc } from "./crc.ts";
import { dialectOf, readLogin } from "./login.ts";
import { readUnit } from "./packet.ts";

/** Null: the frame carries no password. */
export function redact(frame: Buffer, direction: Direction, cover: (secret: string) => string): Buffer | null {
  if (direction === "down") return null;
  const unit = readUnit(frame);
  if (unit.kind === "container") {
    const inside = openContainer(unit.deflated);
    const covered = inside === null ? null : redact(inside, direction, cover);
    return covered === null ? null : makeContainer(covered);
  }
  return unit.kind === "packet" && unit.type === "L" ? redactLogin(unit.body, cover) : null;
}

function redactLogin(body: Buffer, cover: (secret: string) => string): Buffer | null {
  const read = readLogin(body);
  if (read.type === "structure" || read.login.password === null) return null;
  const { version, key, password } = read.login;
  const content = Buffer.from([...(version === null ? [] : [version]), key, cover(password)].join(";"));
  if (dialectOf(version) === "1.x") return line(content);
  const checked = Buffer.concat([content, Buffer.from(";")]);
  // A wrong check stays wrong.
  const right = passed(takeCrc(body, ";", "2.x").check);
  return line(Buffer.concat([checked, Buffer.from(formatCrc(crc16Arc(checked) ^ (right ? 0 : 0xffff)))]));
}

function line(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from("#L#"), body]);
}
