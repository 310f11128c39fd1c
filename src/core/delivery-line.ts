/** What the way down over one line is made of. */
import type { Gate } from "./gate.ts";
import type { Capabilities, Codec, Direction, UnitSpeech } from "./protocol.ts";
import type { Standing, UnitLabel } from "./session-io.ts";
import type { Tally } from "./tally.ts";

/** The line as its texts see it. */
export interface DeliveryLine {
  readonly codec: UnitSpeech & Pick<Codec, "ready">;
  readonly capabilities: Capabilities;
  readonly receiptMs: number;
  /** Bytes that came on it. */
  readonly traffic: { readonly received: number };
  readonly tally: Tally;
  /** A frame as a timeline shows it: without credentials. */
  readonly shown: (frame: Buffer, direction: Direction) => Buffer;
}

/** The tracker as it logs in. */
export interface DeliveryStart {
  readonly standing: Standing;
  /** Its profile opted in to receipts implied by TCP order. */
  readonly implied: boolean;
  /** One of several on the line. */
  readonly unit?: UnitLabel;
  /** When its texts may go out; null: at any time. */
  readonly gate: Gate | null;
  readonly now: number;
}
