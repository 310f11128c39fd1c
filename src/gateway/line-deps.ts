/** What every connection of this node shares. */
import type { Logger } from "pino";
import type { LineChat } from "../chat/lines.ts";
import type { LineMeter } from "../chat/meter.ts";
import type { CodecEnvironment, Protocol, SessionLimits } from "../core/index.ts";
import type { Connection } from "./connection.ts";
import type { LineTap } from "./line-tap.ts";
import type { Registry } from "./registry.ts";
import type { UpstreamLimits } from "./upstream.ts";
import type { WireDeps } from "./wire.ts";

export interface LineDeps extends WireDeps {
  /** In the order in which they are asked whether first bytes are theirs. */
  readonly protocols: readonly Protocol[];
  readonly limits: SessionLimits;
  /** What codecs may ask of this machine. */
  readonly environment: CodecEnvironment;
  readonly lines: LineChat;
  readonly registry: Registry;
  readonly meter: LineMeter;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Of the servers that share lines; absent: `UPSTREAM_LIMITS`. */
  readonly upstream?: UpstreamLimits;
  /** Listens to a new line; absent: nobody does. */
  readonly tap?: () => LineTap;
}

/** What a connection tells the gateway about itself. */
export interface LineHost {
  /** It has logged in and no longer counts against its address. */
  admitted(address: string): void;
  /** No protocol begins like these first bytes. */
  unrecognised(address: string, head: Buffer): void;
  /** Work that outlives the line; a failure has been dealt with. */
  background(work: Promise<void>): void;
  closed(line: Connection): void;
}
