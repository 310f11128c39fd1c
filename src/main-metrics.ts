/** Counters, gauges and histograms of this node, for Prometheus; docs/metrics.md lists them. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Counted, LineMeter, Timed } from "./chat/meter.ts";
import type { Fullness } from "./chat/ports.ts";

/** Name, help and labels of what is counted. */
const COUNTERS: Readonly<Record<Counted, readonly [name: string, help: string, ...labels: string[]]>> = {
  connections: ["connections_total", "Device connections accepted", "listener"],
  closings: ["connections_closed_total", "Device connections ended or refused", "reason"],
  departures: ["departures_total", "Units that left a line which goes on without them", "reason"],
  logins: ["logins_total", "Logins accepted", "protocol"],
  refusals: ["login_refusals_total", "Logins refused", "reason"],
  takeovers: ["takeovers_total", "Logins that displaced another line of their tracker", "from"],
  frames: ["frames_total", "Frames read from devices", "protocol"],
  notes: ["notes_total", "What lines found worth noting: noise, bad frames, stray receipts, defects", "protocol", "kind"],
  noise: ["noise_bytes_total", "Bytes from devices that belong to no frame", "protocol"],
  texts: ["texts_total", "Texts by what became of them", "direction", "protocol", "state"],
  deliveries: ["deliveries_total", "Deliveries of texts to lines, by which of its text's deliveries it was", "protocol", "attempt"],
  "missed-receipts": ["receipts_missed_total", "Deliveries whose receipt did not come in time", "protocol"],
  hints: ["hints_total", "Hints that an outbox may hold something", "way"],
  removed: ["messages_removed_total", "Messages removed for good", "cause"],
  "broadcast-texts": ["broadcast_texts_total", "Texts of broadcasts: given, or not, tried once more, withdrawn", "what"],
  "webhook-posts": ["webhook_posts_total", "Posts of events to webhooks: taken, failed, events that were given up", "what"],
  events: ["events_total", "Live events relayed to their accounts' streams, and relays that failed", "what"],
  listeners: ["listeners_ended_total", "Streams of live events that ended", "reason"],
  "bytes-in": ["received_bytes_total", "Bytes read from devices", "protocol"],
  "bytes-out": ["sent_bytes_total", "Bytes written to devices", "protocol"],
  tee: ["tee_total", "Connections to upstream servers that share lines, and what became of them", "protocol", "what"],
  "tee-bytes": ["tee_bytes_total", "Bytes relayed to upstream servers, and read from them", "protocol", "direction"],
  "worker-restarts": ["mail_worker_restarts_total", "Restarts of the mail worker by its watchdog", "cause"],
  shed: ["shed_total", "Calls refused because the node had too much to do", "call"],
};

/** Name, help, label and upper bounds (seconds) of what is timed. */
const TIMES: Readonly<Record<Timed, readonly [name: string, help: string, label: string, buckets: readonly number[]]>> = {
  receipt: [
    "receipt_latency_seconds",
    "From a text on the wire to its device's receipt",
    "protocol",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300],
  ],
};

/** Seconds; Redis and the event loop are in trouble at the far end. */
const SHORT_TIMES = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Read whenever the metrics are. */
export interface Gauges {
  /** Devices logged in on this node, by protocol; those without one as 0. */
  readonly lines: () => ReadonlyMap<string, number>;
  readonly connections: () => number;
  /** Lines that an upstream server shares, by whether it is connected. */
  readonly upstreams: () => ReadonlyMap<string, number>;
  /** Open streams of live events. */
  readonly listeners: () => number;
  /** The node asks for new devices and requests. */
  readonly ready: () => boolean;
  /** The longest wait of a text for a device that is connected here. */
  readonly oldestTextMs: () => number;
  /** When each certificate in use ends (ms since 1970), by its name. */
  readonly certificates: () => ReadonlyMap<string, number>;
  /** What was last seen of the store. */
  readonly store: { readonly up: boolean; readonly fullness: Fullness; readonly deadLetters: number };
}

interface Count {
  value: number;
}

export class Metrics implements LineMeter {
  readonly registry = new Registry();
  readonly #counters = new Map<Counted, Map<string, Count>>();
  readonly #times = new Map<Timed, Histogram>();
  readonly #loop: Histogram;
  readonly #redis: Histogram;

  constructor(node: string, version: string) {
    this.registry.setDefaultLabels({ node });
    collectDefaultMetrics({ register: this.registry });
    this.#buildInfo(version);
    for (const counted of Object.keys(COUNTERS) as Counted[]) this.#addCounter(counted);
    for (const timed of Object.keys(TIMES) as Timed[]) {
      const [name, help, label, buckets] = TIMES[timed];
      this.#times.set(timed, this.#histogram(name, help, { labels: [label], buckets }));
    }
    this.#loop = this.#histogram("event_loop_delay_seconds", "How late a timer of the event loop was", { buckets: SHORT_TIMES });
    this.#redis = this.#histogram("redis_write_seconds", "Round trip of a small durable write to Redis", { buckets: SHORT_TIMES });
  }

  count(what: Counted, labels: string, by = 1): void {
    const counts = this.#counters.get(what);
    const count = counts?.get(labels);
    if (count !== undefined) count.value += by;
    else counts?.set(labels, { value: by });
  }

  time(what: Timed, label: string, ms: number): void {
    this.#times.get(what)?.observe({ [TIMES[what][2]]: label }, ms / 1_000);
  }

  loopWasLate(ms: number): void {
    this.#loop.observe(ms / 1_000);
  }

  redisWrote(ms: number): void {
    this.#redis.observe(ms / 1_000);
  }

  observe({ lines, connections, upstreams, listeners, ready, oldestTextMs, certificates, store }: Gauges): void {
    this.#gauge("ready", "1: GET /readyz would say yes", () => Number(ready()));
    this.#gauge("lines", "Devices logged in on this node", { label: "protocol", values: lines });
    this.#gauge("open_connections", "Device connections open on this node, logged in or not", connections);
    this.#gauge("tee_lines", "Lines shared with an upstream server, by whether it is connected", { label: "upstream", values: upstreams });
    this.#gauge("listeners", "Streams of live events open on this node", listeners);
    this.#gauge("outbox_oldest_seconds", "Longest wait of a text for a device that is connected here", () => oldestTextMs() / 1_000);
    this.#gauge("dead_letters", "Texts that were given up and wait for an operator, over all nodes", () => store.deadLetters);
    this.#gauge("redis_up", "1: Redis took the last write", () => Number(store.up));
    this.#gauge("redis_used_bytes", "Memory that Redis uses", () => store.fullness.usedBytes);
    this.#gauge("redis_max_bytes", "Memory that Redis may use; 0: there is no bound", () => store.fullness.maxBytes);
    const expiries = (): ReadonlyMap<string, number> => new Map([...certificates()].map(([name, ms]) => [name, ms / 1_000]));
    this.#gauge("tls_certificate_expiry_timestamp_seconds", "When the certificate of TLS ends", { label: "name", values: expiries });
    this.#gauge("message_ids_used_ratio", "Share of all message ids that were taken", () => store.fullness.ids);
  }

  /** prom-client hashes its labels at each count: a count here is found in a map, and becomes a sample when it is asked for. */
  #addCounter(counted: Counted): void {
    const [name, help, ...labelNames] = COUNTERS[counted];
    const counts = new Map<string, Count>();
    this.#counters.set(counted, counts);
    new Counter({
      name: `tracker_chat_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [labels, { value }] of counts) this.inc(labelled(labelNames, labels), value);
      },
    });
  }

  #histogram(name: string, help: string, shape: { readonly labels?: readonly string[]; readonly buckets: readonly number[] }): Histogram {
    const { labels = [], buckets } = shape;
    return new Histogram({
      name: `tracker_chat_${name}`,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }

  #gauge(
    name: string,
    help: string,
    read: (() => number) | { readonly label: string; readonly values: () => ReadonlyMap<string, number> },
  ): void {
    new Gauge({
      name: `tracker_chat_${name}`,
      help,
      labelNames: typeof read === "function" ? [] : [read.label],
      registers: [this.registry],
      collect() {
        if (typeof read === "function") return this.set(read());
        this.reset();
        for (const [label, value] of read.values()) this.set({ [read.label]: label }, value);
      },
    });
  }

  #buildInfo(version: string): void {
    new Gauge({
      name: "tracker_chat_build_info",
      help: "1; which version runs, on which Node",
      labelNames: ["version", "nodejs"],
      registers: [this.registry],
    }).set({ version, nodejs: process.versions.node }, 1);
  }
}

/** `labels`: words in the order of the names. */
function labelled(names: readonly string[], labels: string): Record<string, string> {
  const words = names.length === 1 ? [labels] : labels.split(" ");
  return Object.fromEntries(names.map((name, at) => [name, words[at] ?? ""]));
}
