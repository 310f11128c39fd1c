/** `SD`, `D` and `B`: positions to be answered, and the driver's texts that travel in them. */
import { badFrame, type CharsetName, type DeviceEvent, decodeText, type Reading } from "../../src/core/index.ts";
import { type Dialect, passed, takeCrc } from "./crc.ts";
import { packet } from "./packet.ts";
import { readPosition, recordKind } from "./position.ts";

/** Records in one `B` (W20). */
const MAX_BATCH_RECORDS = 5000;

/** The answer to most of what devices say. */
const TAKEN = { SD: packet("ASD", "1"), D: packet("AD", "1") };

/** What a body must be read with. */
export interface Context {
  readonly dialect: Dialect;
  /** Charset of the driver's texts. */
  readonly charset: CharsetName;
}

/** Answers one position; its texts come before what it says about the speed. */
export function readRecord(kind: "SD" | "D", body: Buffer, context: Context): Reading {
  const { content, check } = takeCrc(body, ";", context.dialect);
  if (!passed(check)) return badFrame(`a ${kind} with a ${check} CRC`, packet(`A${kind}`, kind === "SD" ? "13" : "16"));
  const { code, texts, speedKmh } = readPosition(content.toString("latin1"), kind);
  if (code !== "1") return badFrame(`a ${kind} that is answered ${code}`, packet(`A${kind}`, code));
  const status: DeviceEvent = speedKmh === null ? { type: "alive" } : { type: "status", speedKmh };
  return { events: [...texts.map((bytes) => textEvent(Buffer.from(bytes, "latin1"), context.charset)), status], reply: TAKEN[kind] };
}

/**
 * Answers a batch with the number of records that were right; their speeds are history and say nothing about now. With one
 * right record the batch is taken, and with it the texts of those that were not.
 */
export function readBatch(body: Buffer, context: Context): Reading {
  const { content, check } = takeCrc(body, "|", context.dialect);
  if (!passed(check)) return badFrame(`a B with a ${check} CRC`, packet("AB", ""));
  const records = content
    .toString("latin1")
    .split("|", MAX_BATCH_RECORDS + 1)
    .filter((record) => record.trim() !== "");
  if (records.length > MAX_BATCH_RECORDS) return badFrame(`a B with more than ${MAX_BATCH_RECORDS} records`, packet("AB", "0"));
  const positions = records.map((record) => readPosition(record, recordKind(record)));
  const right = positions.filter(({ code }) => code === "1");
  const reply = packet("AB", String(right.length));
  if (right.length === 0) return badFrame("a B without a right record", reply);
  const texts = positions.flatMap((position) => position.texts).map((bytes) => textEvent(Buffer.from(bytes, "latin1"), context.charset));
  return { events: texts.length > 0 ? texts : [{ type: "alive" }], reply };
}

/** A driver's text. NUL is no character of it. */
export function textEvent(bytes: Buffer, charset: CharsetName): DeviceEvent {
  const { text, lossy } = decodeText(bytes, charset);
  return { type: "text", text: text.replaceAll("\0", ""), serial: null, lossy };
}
