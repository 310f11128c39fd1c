/** What the simulated terminal shows its drivers: each text once, however often it comes. */
import type { DeviceOutput } from "../../src/core/index.ts";
import { COMMAND, COMMAND_DATA, SERVICE } from "./codes.ts";
import { type Command, readCommand } from "./command.ts";
import type { Settings } from "./profile.ts";
import { readText } from "./text.ts";
import type { Packet } from "./wire.ts";

/** Texts remembered to show a repeated one only once. */
const MAX_SHOWN = 64;

/** A text of the platform, and whose it is by its record. */
export interface Addressed {
  readonly command: Command;
  readonly object: number | null;
}

export class Screen {
  readonly #settings: Settings;
  readonly #shown = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** `unit`: which of several it is for. */
  show({ cid, charset, data }: Command, unit: number | null): readonly DeviceOutput[] {
    const name = `${unit ?? ""} ${cid}`;
    if (this.#shown.has(name)) return [];
    this.#shown.add(name);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const text = readText(data, charset, this.#settings)?.text ?? "";
    const shown: DeviceOutput = { type: "shown", text, tag: String(cid) };
    return [unit === null ? shown : { ...shown, unit: String(unit) }];
  }
}

/** The text in this packet; null: there is none. */
export function textOf({ records }: Packet): Addressed | null {
  for (const { sender, object, subrecords } of records)
    for (const { type, data } of subrecords ?? []) {
      if (sender !== SERVICE.commands || type !== COMMAND_DATA) continue;
      const command = readCommand(data);
      if (command.type === COMMAND.messageTo) return { command, object };
    }
  return null;
}
