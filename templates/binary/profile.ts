/** A tracker's settings: whatever the document leaves open becomes a setting here, with its most likely value. */
import { textProfile } from "../../src/core/index.ts";

export const CHARSETS = ["utf8", "cp1251", "utf16be"] as const;
/** Text bytes in one frame. */
export const MAX_TEXT_BYTES = 240;

export const PROFILE = textProfile({ charsets: CHARSETS, maxBytes: MAX_TEXT_BYTES });
