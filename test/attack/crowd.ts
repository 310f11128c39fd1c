/** How many attackers of which kind, and where they knock. */
export interface Crowd {
  readonly gatewayPort: number;
  readonly httpPort: number;
  /** Connections that have sent a part of a frame. */
  readonly halfFrames: number;
  /** HTTP requests that never end. */
  readonly slowRequests: number;
  /** Connections that pour noise into the device port, and as many into the HTTP port. */
  readonly floods: number;
  /** Of all floods together. */
  readonly floodBytesPerSecond: number;
  /** Connections that log in with unknown ids, one after another. */
  readonly strangers: number;
  /** Connections that log in, ask and never read. */
  readonly mutes: number;
  /** Whom the mutes and the duellists say they are. */
  readonly spareDevice: string;
  readonly duelDevice: string;
  readonly seed: number;
}

/** What the crowd says first. */
export const BEGUN = "begun\n";
