/** Devices that tried to log in and are not in the fleet: newest per key, bounded, told to the store in batches. */
import type { UnknownDevice } from "../chat/fleet.ts";
import { type FleetStore, MAX_UNKNOWN, type SeenDevice } from "../chat/fleet-store.ts";
import type { Clock } from "../chat/ports.ts";

/** A key is whatever a stranger sends. */
const MAX_KEY = 100;
/** A stranger that tries on and on is told to the store once in a while. */
const REPEAT_MS = 10_000;

export class UnknownDevices {
  readonly #clock: Clock;
  /** In the order of their last try. */
  readonly #seen = new Map<string, { readonly device: SeenDevice; toldAt: number }>();
  readonly #untold = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  report(device: UnknownDevice): void {
    const now = this.#clock.now();
    const key = device.key.slice(0, MAX_KEY);
    const before = this.#seen.get(key);
    this.#seen.delete(key);
    this.#seen.set(key, { device: { ...device, key, lastTry: now }, toldAt: before?.toldAt ?? 0 });
    if (now - (before?.toldAt ?? 0) >= REPEAT_MS) this.#untold.add(key);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size <= MAX_UNKNOWN || oldest === undefined) return;
    this.#seen.delete(oldest);
    this.#untold.delete(oldest);
  }

  /** One write for all that was seen since the last; on failure they stay to be told. */
  async flush(store: Pick<FleetStore, "noteUnknown">): Promise<void> {
    const entries = [...this.#untold].flatMap((key) => this.#seen.get(key) ?? []);
    if (entries.length === 0) return;
    await store.noteUnknown(entries.map(({ device }) => device));
    for (const entry of entries) {
      entry.toldAt = entry.device.lastTry;
      this.#untold.delete(entry.device.key);
    }
  }
}
