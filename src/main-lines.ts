/** The device side of this node, put together: lines, mail between nodes, presence. */
import type { Logger } from "pino";
import type { Certificates } from "./certificates.ts";
import { LineChat } from "./chat/lines.ts";
import type { Load } from "./chat/load.ts";
import { type LineMeter, NO_PROTOCOL } from "./chat/meter.ts";
import type { LineInfo, MessageStore, Outbox } from "./chat/ports.ts";
import type { Config } from "./config.ts";
import type { News, Protocol, SessionLimits } from "./core/index.ts";
import type { OwnLine } from "./events/reaper.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { Door } from "./gateway/entrance.ts";
import { Gateway } from "./gateway/gateway.ts";
import type { LineTap } from "./gateway/line-tap.ts";
import { Presence } from "./gateway/presence.ts";
import { Registry } from "./gateway/registry.ts";
import { Janitor } from "./outbox/janitor.ts";
import { MailWorker } from "./outbox/mail-worker.ts";
import { NodeLines } from "./outbox/node-lines.ts";
import { nudging } from "./outbox/nudge.ts";
import { OutboxAge } from "./outbox/outbox-age.ts";
import { type MailConnection, PostOffice } from "./outbox/post-office.ts";
import { Retention } from "./outbox/retention.ts";
import { Sweeper } from "./outbox/sweeper.ts";

export interface LineSideDeps {
  readonly config: Config;
  readonly protocols: readonly Protocol[];
  readonly store: MessageStore;
  readonly fleet: Fleet;
  readonly meter: LineMeter;
  readonly log: Logger;
  readonly load: () => Load;
  /** Null: no device comes over TLS. */
  readonly certificates: Certificates | null;
  /** Records lines; absent: nobody does. */
  readonly tap?: () => LineTap;
  /** A connection for BullMQ; the caller closes those that it is asked for here. */
  readonly connect: () => MailConnection;
  /** This node's lease was renewed, and these are its lines. */
  readonly onRenewed: (lease: "kept" | "taken", lines: Iterable<OwnLine>) => void;
}

export interface LineSide {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly outbox: Outbox;
  readonly nodeLines: NodeLines;
  readonly presence: Presence;
  readonly worker: MailWorker;
  readonly sweeper: Sweeper;
  /** Null: messages are kept. */
  readonly retention: Retention | null;
  readonly janitor: Janitor;
  readonly outboxAge: OutboxAge;
}

export function createLineSide(deps: LineSideDeps): LineSide {
  const { config, protocols, store, fleet, meter, log, load, certificates } = deps;
  const node = config.nodeId;
  // Whole numbers: V8 keeps them in place, others as an object each, of which a line has a dozen and makes one a frame.
  const now = (): number => Math.floor(performance.now());
  const registry = new Registry();
  const connection = deps.connect();
  const post = new PostOffice({ node, connection, meter });
  const outbox = nudging(post, { node, lines: registry });
  const lines = new LineChat({
    store,
    directory: fleet.directory,
    outbox,
    node,
    now,
    warn: (event) => log.warn(event, WARNINGS[event.type]),
  });
  const { linesPerIp, loginRate, bounds } = config;
  const gateway = new Gateway({
    protocols,
    limits: limitsOf(config),
    environment: { wallClock: Date.now },
    lines,
    registry,
    meter,
    log,
    now,
    directory: fleet.directory,
    admission: { lines: bounds.lines, linesPerIp, loginRate },
    wire: bounds.wire,
    listen: doors(config, protocols),
    tls: certificates?.settings ?? null,
    balancers: config.balancers,
    load,
    ...(deps.tap === undefined ? {} : { tap: deps.tap }),
  });
  certificates?.onChange((settings) => gateway.renew(settings));
  const kickLocal = (trackerId: number): boolean => registry.kick(trackerId, "kicked");
  const nodeLines = new NodeLines({ node, store, post, connection, local: () => linesHere(registry, node), kickLocal });
  const mailbox = {
    hint: (trackerId: number, epoch: number, news: News) => void registry.hint(trackerId, epoch, news),
    kick: (trackerId: number) => void kickLocal(trackerId),
    lines: (answer: string) => nodeLines.answer(answer),
  };
  const outboxAge = new OutboxAge(store);
  return {
    gateway,
    registry,
    outbox,
    outboxAge,
    nodeLines,
    presence: new Presence({
      store,
      node,
      log,
      onRenewed: (lease) => {
        void lines.retryUnsaid();
        deps.onRenewed(lease, registry.all());
      },
    }),
    worker: new MailWorker({ node, mailbox, connect: deps.connect, meter, log }),
    sweeper: createSweeper(deps, registry, outboxAge),
    retention: createRetention(deps, now),
    janitor: new Janitor({ node, store, post, log }),
  };
}

function limitsOf({ loginTimeoutMs, idleTimeoutMs, receiptTimeoutMs, bounds }: Config): SessionLimits {
  return {
    loginMs: loginTimeoutMs,
    idleMs: idleTimeoutMs,
    halfFrameMs: bounds.halfFrameMs,
    receiptMs: receiptTimeoutMs,
    strikes: bounds.badFrames,
    loginAttempts: bounds.loginAttempts,
  };
}

function createSweeper({ config, store, fleet, meter, log }: LineSideDeps, registry: Registry, outboxAge: OutboxAge): Sweeper {
  return new Sweeper({
    node: config.nodeId,
    store,
    lines: registry,
    hint: (trackerId) => registry.get(trackerId)?.hint(),
    protocolOf: (trackerId) => fleet.directory.tracker(trackerId)?.protocol ?? NO_PROTOCOL,
    onSwept: (shard, trackers) => outboxAge.look(shard, trackers),
    meter,
    log,
  });
}

function createRetention({ config, store, fleet, meter, log }: LineSideDeps, now: () => number): Retention | null {
  const { nodeId: node, retentionMs: keepMs } = config;
  return keepMs === null ? null : new Retention({ node, keepMs, store, trackers: () => fleet.trackerIds(), now, meter, log });
}

const WARNINGS = {
  duel: "two devices log in with one identity: whoever would displace the present line is refused for ten minutes",
  "hint-failed": "another node could not be told that a device has moved here",
};

function doors({ gateway, gatewayTlsPort, protocolPorts }: Config, protocols: readonly Protocol[]): readonly Door[] {
  const single = protocolPorts.map(({ protocol: name, port }) => {
    const protocol = protocols.find((one) => one.name === name);
    if (protocol === undefined) throw new Error(`unknown protocol ${name}`);
    return { host: gateway.host, port, protocol, tls: false };
  });
  const secure = gatewayTlsPort === null ? [] : [{ host: gateway.host, port: gatewayTlsPort, protocol: null, tls: true }];
  return [{ ...gateway, protocol: null, tls: false }, ...secure, ...single];
}

function linesHere(registry: Registry, node: string): readonly LineInfo[] {
  return [...registry.all()].map(({ trackerId, deviceId, protocol, address, ageMs }) => ({
    trackerId,
    deviceId,
    protocol,
    node,
    address,
    since: Math.round(Date.now() - ageMs),
  }));
}
