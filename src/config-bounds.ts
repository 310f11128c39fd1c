/** Settings that bound what one peer may take of this node; docs/bounds.md says what happens at the edge of each. */
import { setting } from "./config-setting.ts";
import { duration, integer, MAX_TIMER_MS, size } from "./config-values.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** The largest body of the contract, every character escaped, and the parameters around it. */
const LEAST_BODY_BYTES = 256 * KIB;

/** By environment name. */
export const BOUND_SETTINGS = {
  LINES: setting(integer(1, 1_000_000), "16000", "device connections at once"),
  HALF_FRAME_TIMEOUT: setting(duration(MAX_TIMER_MS), "30s", "a frame that has begun must be complete within this"),
  BAD_FRAMES: setting(integer(1, 1_000), "10", "malformed frames in a row before a line is closed"),
  LOGIN_ATTEMPTS: setting(integer(1, 100), "3", "refused passwords before a line is closed"),
  LINE_BUFFER: setting(
    size(64 * KIB, 64 * MIB),
    "256kb",
    "unsent bytes of a line before it is given up; from a quarter of it nothing more is read",
  ),
  SLOW_READER_TIMEOUT: setting(duration(MAX_TIMER_MS), "60s", "how long a device may leave a quarter of LINE_BUFFER unread"),
  HTTP_CONNECTIONS: setting(integer(1, 1_000_000), "2000", "HTTP connections at once"),
  HTTP_HEADERS_TIMEOUT: setting(duration(MAX_TIMER_MS), "10s", "the head of a request must be complete within this"),
  HTTP_REQUEST_TIMEOUT: setting(duration(MAX_TIMER_MS), "15s", "a request must be complete within this"),
  HTTP_KEEP_ALIVE: setting(duration(MAX_TIMER_MS), "5s", "how long an HTTP connection may be idle"),
  HTTP_HEADER_BYTES: setting(size(4 * KIB, MIB), "8kb", "bytes of a request's head"),
  HTTP_BODY_BYTES: setting(size(LEAST_BODY_BYTES, 64 * MIB), "1mb", "bytes of a request's body; an import of the fleet may have 64mb"),
} as const;

/** What they come to; durations in milliseconds. */
export interface Bounds {
  readonly lines: number;
  readonly halfFrameMs: number;
  readonly badFrames: number;
  readonly loginAttempts: number;
  readonly wire: WireBounds;
  readonly http: HttpBounds;
}

/** On one device's connection. */
export interface WireBounds {
  readonly bufferBytes: number;
  readonly slowReaderMs: number;
}

/** On HTTP clients. */
export interface HttpBounds {
  readonly connections: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

type Values = { readonly [N in keyof typeof BOUND_SETTINGS]: number };

/** Throws no error: each is checked by itself, and none contradicts another. */
export function boundsOf(values: Values): Bounds {
  return {
    lines: values.LINES,
    halfFrameMs: values.HALF_FRAME_TIMEOUT,
    badFrames: values.BAD_FRAMES,
    loginAttempts: values.LOGIN_ATTEMPTS,
    wire: { bufferBytes: values.LINE_BUFFER, slowReaderMs: values.SLOW_READER_TIMEOUT },
    http: {
      connections: values.HTTP_CONNECTIONS,
      headersMs: values.HTTP_HEADERS_TIMEOUT,
      requestMs: values.HTTP_REQUEST_TIMEOUT,
      keepAliveMs: values.HTTP_KEEP_ALIVE,
      headerBytes: values.HTTP_HEADER_BYTES,
      bodyBytes: values.HTTP_BODY_BYTES,
    },
  };
}
