/** Photos (`I`) and tachograph files (`IT`, `T`): nothing is kept, everything is answered. */
import { badFrame, type Reading } from "../../src/core/index.ts";
import { type Dialect, parseCrc, passed, takeCrc } from "./crc.ts";
import { packet, type Tail } from "./packet.ts";

/** One block of a photo: `sz;ind;count;date;time;name[;CRC]`, the CRC over the block alone. */
export function readPhoto(body: Buffer, tail: Tail | null, dialect: Dialect): Reading {
  const fields = body.toString("latin1").split(";");
  const [, index = "", count = ""] = fields;
  if (tail === null || fields.length < 6 || !isIndex(index)) return badFrame("an I of the wrong structure", packet("AI", "NA;0"));
  if (!blockPassed(fields, tail, dialect)) return badFrame("an I with a wrong CRC", packet("AI", `${index};01`));
  const last = isIndex(count) && Number(index) >= Number(count) - 1;
  return taken("AI", index, last);
}

/** What tachograph file is to come: `date;time;driver;code;count;CRC`. `count` is null when it does not say. */
export function readFileInfo(body: Buffer, dialect: Dialect): { readonly reading: Reading; readonly count: number | null } {
  const { content, check } = takeCrc(body, ";", dialect);
  if (!passed(check)) return { reading: badFrame(`an IT with a ${check} CRC`, packet("AIT", "01")), count: null };
  const fields = content.toString("latin1").split(";");
  if (fields.length < 5) return { reading: badFrame("an IT of the wrong structure", packet("AIT", "0")), count: null };
  const count = fields[4] ?? "";
  return { reading: { events: [{ type: "alive" }], reply: packet("AIT", "1") }, count: isIndex(count) ? Number(count) : null };
}

/** One block of a tachograph file: `code;sz;ind;CRC`, the CRC over the block alone. */
export function readFileBlock(body: Buffer, tail: Tail | null, dialect: Dialect, count: number | null): Reading {
  const fields = body.toString("latin1").split(";");
  const [, , index = ""] = fields;
  if (tail === null || !isIndex(index)) return badFrame("a T of the wrong structure", packet("AT", "NA;0"));
  if (!blockPassed(fields, tail, dialect)) return badFrame("a T with a wrong CRC", packet("AT", `${index};01`));
  return taken("AT", index, count !== null && Number(index) >= count - 1);
}

/** One answer per block, "finally" one for the whole (W11, W20); both leave in one write. */
function taken(type: string, index: string, last: boolean): Reading {
  const block = packet(type, `${index};1`);
  return { events: [{ type: "alive" }], reply: last ? Buffer.concat([block, packet(type, "1")]) : block };
}

function blockPassed(fields: readonly string[], tail: Tail, dialect: Dialect): boolean {
  return dialect !== "2.x" || parseCrc(fields.at(-1) ?? "") === tail.crc;
}

function isIndex(field: string): boolean {
  return /^\d{1,9}$/.test(field);
}
