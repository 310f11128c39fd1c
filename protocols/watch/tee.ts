/** Sharing a line with another server of such watches: whose the frames are, either way. */
import type { Shared, TeeTerms, UpstreamSaid } from "../../src/core/index.ts";
import { WatchFramer } from "./framer.ts";
import { readFrame } from "./wire.ts";
import { type Topic, topicOf } from "./words.ts";

export const tee: TeeTerms = { login: "each", raw: (frame) => frame, listen: () => new WatchFramer(), up, down };

/** What a watch says of a voice message or a picture is for whoever keeps those. */
function up(frame: Buffer): Shared {
  const topic = topicIn(frame);
  if (topic === "receipt") return "ours";
  return topic === "link" ? "link" : "data";
}

/** The receipt of a text is the bare word. */
function down(frame: Buffer): UpstreamSaid {
  return topicIn(frame) === "receipt" ? "order" : "pass";
}

function topicIn(frame: Buffer): Topic {
  const read = readFrame(frame);
  return read.type === "frame" ? topicOf(read.frame.word) : "unknown";
}
