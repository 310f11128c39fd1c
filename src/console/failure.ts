/** What a failed call means for the page as a whole, whoever made it. */
import { signal } from "@preact/signals";
import { ApiError } from "./api.ts";
import { isRefused } from "./state.ts";

/** A call named a tracker that the server does not know (any more): what this page knows of the fleet is old. */
export const isFleetDoubted = signal(false);

/** No such entity, and a list with one. */
const UNKNOWN: ReadonlySet<number> = new Set([201, 217]);

/** The failure of a call; whatever else was thrown is a fault of the page, and thrown on. */
export function failureOf(error: unknown): ApiError {
  if (!(error instanceof ApiError)) throw error;
  if (error.isSignedOut) isRefused.value = true;
  if (namesUnknown(error)) isFleetDoubted.value = true;
  return error;
}

export function namesUnknown({ code }: ApiError): boolean {
  return UNKNOWN.has(code);
}
