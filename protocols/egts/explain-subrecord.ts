/** The subrecords that matter to a chat, field by field; all others as hex. */
import type { ExplainedField } from "../../src/core/index.ts";
import { AUTH, COMMAND, COMMAND_DATA, commandWords, confirmationWords, POSITION, RECORD_RESPONSE, resultWords, SERVICE } from "./codes.ts";
import { type Command, readCommand } from "./command.ts";
import { DISPATCHER, POSITION_LAYOUT, RECORD_RESULT } from "./layout.ts";
import { DEFAULTS } from "./profile.ts";
import type { Subrecord } from "./records.ts";
import { fieldText, terminalFields } from "./terminal.ts";
import { readText } from "./text.ts";

/** Throws LayoutError when the data do not fit. */
export function explainSubrecord(service: number, { type, data }: Subrecord): readonly ExplainedField[] {
  if (type === RECORD_RESPONSE) {
    const { number, result } = RECORD_RESULT.read(data);
    return [field("CRN", number), field("RST", resultWords(result))];
  }
  if (service === SERVICE.auth) return authentication(type, data);
  if (service === SERVICE.commands && type === COMMAND_DATA) return command(data);
  return service === SERVICE.telematics && type === POSITION ? position(data) : [hex(data)];
}

export function field(name: string, value: string | number, note?: string): ExplainedField {
  return note === undefined ? { name, value: String(value) } : { name, value: String(value), note };
}

/** "MSGTO". */
export function commandName({ type }: Command): string {
  return commandWords(type).replace(/^\d+ /u, "");
}

function authentication(type: number, data: Buffer): readonly ExplainedField[] {
  switch (type) {
    case AUTH.terminal:
      return terminal(data);
    case AUTH.dispatcher: {
      const { kind, id, description } = DISPATCHER.read(data);
      return [field("DT", kind), field("DID", id), field("DSCR", fieldText(description))];
    }
    case AUTH.info:
      return [field("user", fieldText(data.subarray(0, Math.max(0, data.indexOf(0))))), field("password", "***")];
    case AUTH.result:
      return [field("RCD", data.length === 1 ? resultWords(data[0] ?? 0) : data.toString("hex"))];
    default:
      return [hex(data)];
  }
}

function terminal(data: Buffer): readonly ExplainedField[] {
  const { id, flags, home, imei, imsi, language, network, bufferBytes, msisdn } = terminalFields(data);
  const fields = [field("TID", id), field("flags", `0x${flags.toString(16).padStart(2, "0")}`)];
  if (home[0] !== undefined) fields.push(field("HDID", home[0]));
  for (const [name, bytes] of [
    ["IMEI", imei],
    ["IMSI", imsi],
    ["LNGC", language],
    ["MSISDN", msisdn],
  ] as const)
    if (bytes.length > 0) fields.push(field(name, fieldText(bytes)));
  if (network.length > 0) fields.push(field("NID", network.toString("hex")));
  if (bufferBytes[0] !== undefined) fields.push(field("BS", bufferBytes[0], "the largest packet it takes"));
  return fields;
}

function command(data: Buffer): readonly ExplainedField[] {
  const said = readCommand(data);
  const fields = [field("CT", commandWords(said.type)), field("CCT", confirmationWords(said.result))];
  fields.push(field("CID", said.cid), field("SID", said.sid));
  if (said.charset !== null) fields.push(field("CHS", said.charset));
  if (said.accessCode.length > 0) fields.push(field("AC", "***"));
  if (said.type !== COMMAND.messageTo && said.type !== COMMAND.messageFrom)
    return said.data.length > 0 ? [...fields, hex(said.data)] : fields;
  const text = readText(said.data, said.charset, DEFAULTS);
  return [...fields, text === null ? hex(said.data) : field("text", text.text)];
}

function position(data: Buffer): readonly ExplainedField[] {
  const { speed } = POSITION_LAYOUT.read(data);
  return [field("speed", `${(speed & 0x3fff) / 10} km/h`), hex(data)];
}

function hex(data: Buffer): ExplainedField {
  return field("data", data.toString("hex"));
}
