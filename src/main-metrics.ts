/** Counters and gauges of this node, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Counted, Meter } from "./chat/meter.ts";

/** Name, help and label of what is counted. */
const COUNTERS: Readonly<Record<Counted, readonly [name: string, help: string, label: string]>> = {
  connections: ["connections_total", "Device connections accepted", "listener"],
  closings: ["closings_total", "Device connections ended", "reason"],
  logins: ["logins_total", "Logins accepted", "protocol"],
  refusals: ["login_refusals_total", "Logins refused", "reason"],
  notes: ["notes_total", "What sessions found worth noting", "kind"],
  "texts-in": ["texts_in_total", "Driver texts: stored, or left unacknowledged", "verdict"],
  "texts-out": ["texts_out_total", "Deliveries of texts to lines", "protocol"],
  settlements: ["settlements_total", "What became of texts on lines", "outcome"],
  hints: ["hints_total", "Hints that an outbox may hold something", "way"],
  "bytes-in": ["bytes_in_total", "Bytes read", "from"],
  "bytes-out": ["bytes_out_total", "Bytes written", "to"],
  "worker-restarts": ["worker_restarts_total", "Restarts of the mail worker by its watchdog", "cause"],
  "broadcast-texts": ["broadcast_texts_total", "Texts of broadcasts: given, or not, tried once more, withdrawn", "what"],
  expired: ["expired_total", "Texts that were not delivered in time", "cause"],
  events: ["events_total", "Live events relayed to their accounts' streams, and relays that failed", "what"],
  listeners: ["listeners_ended_total", "Streams of live events that ended", "reason"],
};

export interface Gauges {
  /** Lines logged in on this node. */
  readonly lines: () => number;
  readonly connections: () => number;
  /** Open streams of live events. */
  readonly listeners: () => number;
}

export class Metrics implements Meter {
  readonly registry = new Registry();
  readonly #counters = new Map<Counted, Counter>();

  constructor(node: string) {
    this.registry.setDefaultLabels({ node });
    collectDefaultMetrics({ register: this.registry });
    for (const counted of Object.keys(COUNTERS) as Counted[]) {
      const [name, help, label] = COUNTERS[counted];
      this.#counters.set(counted, new Counter({ name: `tracker_chat_${name}`, help, labelNames: [label], registers: [this.registry] }));
    }
  }

  count(what: Counted, label: string, by = 1): void {
    this.#counters.get(what)?.inc({ [COUNTERS[what][2]]: label }, by);
  }

  /** Read whenever the metrics are. */
  observe(gauges: Gauges): void {
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `tracker_chat_${name}`,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    };
    gauge("lines", "Devices logged in on this node", gauges.lines);
    gauge("listeners", "Streams of live events open on this node", gauges.listeners);
    gauge("open_connections", "Device connections open on this node", gauges.connections);
  }
}
