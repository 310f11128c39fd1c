/** A frame field by field, for people. Auth codes are redacted. */
import { type Direction, type ExplainedField, type Explanation, LayoutError } from "../../src/core/index.ts";
import { explainBody, field } from "./explain-body.ts";
import { type Packet, parseFrame } from "./header.ts";
import { deviceKeyOf } from "./identity.ts";
import { hex4, nameOf } from "./messages.ts";
import { unseal } from "./wire.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  const parsed = parseFrame(frame);
  if (parsed.type === "bad") return { title: "not a JT/T 808 frame", fields: [field("reason", parsed.reason), ...remains(frame)] };
  const { packet } = parsed;
  const { header } = packet;
  const title = `${direction === "up" ? "device" : "platform"}: 0x${hex4(header.id)} ${nameOf(header.id)}`;
  return { title, fields: [...headerFields(packet), ...bodyFields(packet)] };
}

function headerFields({ header, body }: Packet): readonly ExplainedField[] {
  const { address, fragment } = header;
  const edition = address.form === "long" ? "2019" : "2011 or 2013";
  const fields = [
    field("id", `0x${hex4(header.id)}`, nameOf(header.id)),
    field("body length", String(body.length)),
    field("header", edition, address.form === "long" ? `protocol version ${address.version}` : undefined),
    field("phone", address.phone.toString("hex"), `device id ${deviceKeyOf(address.phone)}`),
    field("serial", String(header.serial)),
  ];
  if (header.encryption !== 0) fields.push(field("encryption", String(header.encryption), header.encryption === 1 ? "RSA" : "reserved"));
  if (fragment !== null) fields.push(field("fragment", `${fragment.index} of ${fragment.total}`));
  return fields;
}

function bodyFields({ header, body }: Packet): readonly ExplainedField[] {
  if (body.length === 0) return [];
  if (header.encryption !== 0) return [field("body", body.toString("hex"), "encrypted")];
  if (header.fragment !== null) return [field("body", `${body.length} bytes of a fragmented message`)];
  try {
    return explainBody(header, body);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    // The body may hold a code all the same.
    return [field("body", `${body.length} bytes`, error.message)];
  }
}

/** What can be said of a frame whose check byte or length is wrong, without showing its body. */
function remains(frame: Buffer): readonly ExplainedField[] {
  const unsealed = unseal(frame);
  const fields = [field("bytes", String(frame.length))];
  if (unsealed.type === "ok" && unsealed.bytes.length >= 2) {
    const id = unsealed.bytes.readUInt16BE(0);
    fields.push(field("id", `0x${hex4(id)}`, nameOf(id)));
  }
  return fields;
}
