/** What a protocol says of lines that it shares with an upstream server (see `Tee`): data and pure functions. */
import type { Framer } from "./framing.ts";
import type { Profile } from "./protocol.ts";

/** Whose a device's frame is. */
export type Shared =
  /** It holds nothing but what a driver says, or the receipt of what we said: it is answered by us and not relayed. */
  | "ours"
  /** It asks for a sign of life and holds nothing that could be lost: the upstream answers, and while that is away we do. */
  | "link"
  /** Anything else, also with a driver's text in it: it is relayed, and answered by the upstream or by nobody. */
  | "data";

/** What the upstream's frame is. */
export type UpstreamSaid =
  /** It goes to the device as it is. */
  | "pass"
  /** The answer to a login, which the device has from us already: it is swallowed. */
  | "welcome"
  /** The same, but the upstream does not want this device. */
  | "refusal"
  /** A text or command whose receipt could be taken for one of ours: it is dropped. */
  | "order";

/** How a line is shared with an upstream server. */
export interface TeeTerms {
  /** `once`: a login opens the line, and is said again to each new upstream. `each`: every frame says whose it is. */
  readonly login: "once" | "each";
  /** All bytes of a frame, either way. Absent: the framers drop more than can be told from it; frames are cut from the stream itself. */
  raw?(frame: Buffer): Buffer;
  /** Cuts what the upstream says. */
  listen(): Framer;
  up(frame: Buffer, profile: Profile): Shared;
  down(frame: Buffer, profile: Profile): UpstreamSaid;
}
