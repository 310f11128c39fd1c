/** Sharing a line with another Wialon IPS server: whose the packets are, either way. */
import type { Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { openContainer } from "./container.ts";
import { WialonFramer } from "./framer.ts";
import { readUnit, type Unit } from "./packet.ts";

/** The framer drops line ends and skips photos: frames are cut from the stream. */
export const tee: TeeTerms = { login: "once", listen: () => new WialonFramer("down"), up, down };

/** A position with a driver's text in it is the upstream's all the same. */
function up(frame: Buffer): Shared {
  const unit = unitIn(frame);
  return unit?.kind === "packet" ? (WHOSE.get(unit.type) ?? "data") : "data";
}

/** `AM` names no text: one of the upstream's would be answered in our place. */
function down(frame: Buffer): UpstreamSaid {
  const unit = unitIn(frame);
  if (unit?.kind !== "packet") return "pass";
  if (unit.type === "AL") return unit.body.toString("latin1").trim() === "1" ? "welcome" : "refusal";
  return unit.type === "M" ? "order" : "pass";
}

function unitIn(frame: Buffer): Unit | null {
  const unit = readUnit(frame);
  if (unit.kind !== "container") return unit;
  const line = openContainer(unit.deflated);
  return line === null ? null : readUnit(line);
}

const WHOSE: ReadonlyMap<string, Shared> = new Map<string, Shared>([
  ["M", "ours"],
  ["AM", "ours"],
  ["P", "link"],
]);
