/** The list of events that the driver may pick from (0x8301, JT/T 808-2013, 8.29), as the simulated device keeps it. */
import type { EventListBody } from "./layout.ts";

export class EventList {
  readonly #ids = new Set<number>();

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  take({ type, events }: EventListBody): void {
    if (type === CHANGE.deleteAll || type === CHANGE.replace) this.#ids.clear();
    for (const { event } of events) {
      if (type === CHANGE.delete) this.#ids.delete(event);
      else this.#ids.add(event);
    }
  }
}

const CHANGE = { deleteAll: 0, replace: 1, delete: 4 } as const;
