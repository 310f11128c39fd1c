/** What shows texts on a simulated tracker: an LCD (C13 or C10), or a Garmin navigator (D76). It checks what a command must be. */
import { decodeText } from "../../src/core/index.ts";
import type { DeviceSettings } from "./device-profile.ts";
import { MAX_LCD_BYTES } from "./profile.ts";

export type Taken =
  /** `tag`: the id that a navigator knows it by. */
  | { readonly type: "shown"; readonly text: string; readonly tag: string | null }
  /** An SMS, which goes to a telephone. */
  | { readonly type: "sent" }
  /** The navigator has this id already. */
  | { readonly type: "known" }
  | { readonly type: "fault"; readonly reason: string };

export class Screen {
  readonly #settings: DeviceSettings;
  /** Ids of the navigator's messages. */
  readonly #ids = new Set<string>();
  #last = "";

  constructor(settings: DeviceSettings) {
    this.#settings = settings;
  }

  /** Id of the last message on the navigator; empty: none. */
  get last(): string {
    return this.#last;
  }

  take(command: string, data: Buffer): Taken {
    const fields = data.toString("latin1").split(",");
    if (command === "C02") return takeSms(fields);
    if (command === "D76") return this.#navigator(fields);
    if (this.#settings.inner !== "none" || command !== this.#settings.command) return fault(`this tracker does not know ${command}`);
    const [level = "", ...rest] = fields;
    if (!/^[01]$/.test(level)) return fault(`a level of ${level}`);
    const sender = command === "C10" ? rest.shift() : "GW";
    if (sender === undefined || !/^[ -~]{1,16}$/.test(sender)) return fault("a sender of 1 to 16 characters is missing");
    return this.#lcd(rest);
  }

  #lcd([type = "", ...rest]: readonly string[]): Taken {
    const content = Buffer.from(rest.join(","), "latin1");
    if (content.length === 0 || content.length > MAX_LCD_BYTES) return fault(`a text of ${content.length} bytes`);
    if (type === "E") return shown(decodeText(content, "ascii").text, null);
    if (type !== "U") return fault(`a type of ${type}`);
    const bytes = this.#settings.unicodeForm === "raw" ? content : Buffer.from(content.toString("latin1"), "hex");
    return shown(decodeText(bytes, "utf16be").text, null);
  }

  #navigator([time = "", size = "", id = "", text = "", port = "", ...more]: readonly string[]): Taken {
    if (this.#settings.inner !== "garmin-fmi") return fault("no navigator is attached");
    const fits = HEX8.test(time) && Number.parseInt(size, 16) === id.length && /^[0-9a-f]{1,16}$/i.test(id) && more.length === 0;
    if (!fits || port !== String(this.#settings.navigatorPort)) return fault("the fields of D76 are not what they must be");
    if (!/^(?:[0-9a-f]{4}){1,99}$/i.test(text)) return fault("the text of a D76 has 4 to 398 hex digits");
    if (this.#ids.has(id)) return { type: "known" };
    this.#ids.add(id);
    this.#last = id;
    return shown(decodeText(Buffer.from(text, "hex"), "utf16be").text, id);
  }
}

/** Characters of an SMS, digits of a telephone number (MTK18, C02). */
const MAX_SMS = 140;
const PHONE = /^\+?\d{1,16}$/;
const HEX8 = /^[0-9a-f]{1,8}$/i;

function takeSms([mode = "", phone = "", ...rest]: readonly string[]): Taken {
  const text = rest.join(",");
  const fits = /^[01]$/.test(mode) && PHONE.test(phone) && text.length > 0 && text.length <= MAX_SMS;
  return fits ? { type: "sent" } : fault("the fields of C02 are not what they must be");
}

function shown(text: string, tag: string | null): Taken {
  return { type: "shown", text, tag };
}

function fault(reason: string): Taken {
  return { type: "fault", reason };
}
