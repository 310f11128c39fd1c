/** The sub-protocols by their name in a profile: what a carrier needs to know of them. */
import type { DeviceOptions, ExplainedField, Preview } from "../../src/core/index.ts";
import { explainPackets } from "../garmin-fmi/explain.ts";
import { FmiInner } from "../garmin-fmi/inner.ts";
import { Navigator } from "../garmin-fmi/navigator.ts";
import { previewText } from "../garmin-fmi/steps.ts";
import { explainLines } from "../line-text/explain.ts";
import { LineInner, previewLine } from "../line-text/inner.ts";
import { LineTerminal } from "../line-text/terminal.ts";
import type { Inner, Terminal } from "./inner.ts";
import { type InnerSettings, innerSettings } from "./profile.ts";

export interface InnerEnvironment {
  /** Milliseconds since 1970; absent: messages carry no time. */
  readonly wallClock?: () => number;
  /** The carrier lets the navigator's product id through; without it nobody asks for it. */
  readonly productId: boolean;
  /** How long a line of text waits for its end, where the port itself says by silence that it is over; absent: for good. */
  readonly lineEndMs?: number;
}

/** Null: nothing behind this carrier shows texts. */
export function connectInner(settings: InnerSettings, environment: InnerEnvironment): Inner | null {
  switch (settings.inner) {
    case "line":
      return new LineInner(settings, environment.lineEndMs ?? null);
    case "garmin-fmi":
      return new FmiInner(settings, environment);
    case "none":
      return null;
  }
}

/** Null: nothing behind this carrier shows texts. */
export function previewInner(text: string, settings: InnerSettings): Preview | null {
  if (settings.inner === "garmin-fmi") return previewText(text, settings);
  return settings.inner === "line" ? previewLine(text, settings) : null;
}

/** The simulated terminal; null: none. */
export function connectTerminal(options: DeviceOptions): Terminal | null {
  const { inner } = innerSettings(options.profile);
  if (inner === "garmin-fmi") return new Navigator(options);
  return inner === "line" ? new LineTerminal(options) : null;
}

/** A payload as the sub-protocol reads it, else as hex. */
export function explainPayload(payload: Buffer): readonly ExplainedField[] {
  return explainPackets(payload) ?? explainLines(payload) ?? [{ name: "payload", value: payload.toString("hex") }];
}
