/** What an exercise is given, and what it finds. */
import type { Profile, Protocol } from "../../core/index.ts";
import type { Station } from "./station.ts";

export type Finding =
  | { readonly verdict: "passed" | "failed"; readonly detail: string }
  /** This protocol has no such thing. */
  | { readonly verdict: "not applicable"; readonly detail: string }
  /** Nobody did their part in time. */
  | { readonly verdict: "not tried"; readonly detail: string };

export interface Gym {
  readonly station: Station;
  readonly protocol: Protocol;
  readonly profile: Profile;
  /** What is said where the words do not matter; null: a sentence. A console needs a command that does no harm. */
  readonly phrase: string | null;
  /** For what a device has to do by itself: a receipt, coming back. */
  readonly deviceMs: number;
  /** For what a person has to do: switching it on, typing. */
  readonly personMs: number;
  /** Asks the person at the device for something. */
  readonly ask: (what: string) => void;
}

export interface Exercise {
  readonly name: string;
  readonly run: (gym: Gym) => Promise<Finding>;
}

export function passed(detail: string): Finding {
  return { verdict: "passed", detail };
}

export function failed(detail: string): Finding {
  return { verdict: "failed", detail };
}

export function notApplicable(detail: string): Finding {
  return { verdict: "not applicable", detail };
}

export function notTried(detail: string): Finding {
  return { verdict: "not tried", detail };
}

/** `1.2 s`, of a time since `start` (monotonic milliseconds). */
export function since(start: number): string {
  return `${((performance.now() - start) / 1_000).toFixed(1)} s`;
}
