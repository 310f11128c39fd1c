/** Recording what devices and the gateway say, where the settings ask for it. */
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Closing } from "./main-end.ts";
import { Capture, type CaptureOptions } from "./tools/capture/capture.ts";

/** Null: nothing is recorded. Throws one line when the folder cannot be made. */
export function startCapture({ capture: settings }: Config, log: Logger, closing: Closing): Capture | null {
  if (settings === null) return null;
  const capture = openCapture({ ...settings, warn: ({ type, error }) => log.warn({ err: error }, CAPTURE_WARNINGS[type]) });
  closing.add("capture", () => capture.close());
  return capture;
}

function openCapture(options: CaptureOptions): Capture {
  try {
    return new Capture(options);
  } catch (error) {
    throw new Error(`CAPTURE: ${options.folder} cannot be made (${error instanceof Error ? error.message : String(error)})`);
  }
}

const CAPTURE_WARNINGS = {
  full: "the capture has reached its bound: what devices say from now on is not recorded",
  unwritable: "CAPTURE: its folder cannot be written to, conversations are not recorded",
};
