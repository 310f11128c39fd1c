/** One tracker on a line: who it is, its texts on their way, and what tells its re-sent texts from new ones. */
import type { Deliveries } from "./deliveries.ts";
import { deviceText } from "./device-text.ts";
import type { DeviceEvent, Identity } from "./protocol.ts";
import type { DeviceText, Effect } from "./session-io.ts";

/** A text among the first frames after login may be a re-send of the previous line's last text. */
const EARLY_FRAMES = 3;

export class Unit {
  /** What the device calls it. */
  readonly key: string;
  /** What effects call it; undefined: the line's own. */
  readonly label: string | undefined;
  readonly identity: Identity;
  readonly deliveries: Deliveries;
  #frames = 0;
  /** We acknowledged a text and no frame has followed yet. */
  #unpassed = false;

  constructor(key: string, label: string | undefined, identity: Identity, deliveries: Deliveries) {
    this.key = key;
    this.label = label;
    this.identity = identity;
    this.deliveries = deliveries;
  }

  get early(): boolean {
    return this.#frames <= EARLY_FRAMES;
  }

  /** A frame of this unit came. */
  frameCame(): void {
    this.#frames += 1;
  }

  /** Its texts were acknowledged. */
  acknowledged(): void {
    this.#unpassed = true;
  }

  /** What came now was said after the device had our acknowledgement. */
  passed(out: Effect[]): void {
    if (!this.#unpassed) return;
    this.#unpassed = false;
    out.push({ type: "passed", unit: this.label });
  }

  /** Deals with what it said, but for its texts, which must be stored first. */
  hear(events: readonly DeviceEvent[], frame: Buffer, now: number, out: Effect[]): readonly DeviceText[] {
    const texts: DeviceText[] = [];
    for (const event of events) {
      if (event.type === "status") this.#moved(event, now, out);
      else if (event.type === "text" || event.type === "answer") texts.push(deviceText(event, this.deliveries, out));
      else this.deliveries.told({ event, frame }, now, out);
    }
    return texts.filter((text) => text.text.trim() !== "");
  }

  #moved(status: Extract<DeviceEvent, { type: "status" }>, now: number, out: Effect[]): void {
    out.push({ type: "status", unit: this.label, status });
    this.deliveries.moved(status, now, out);
  }
}
