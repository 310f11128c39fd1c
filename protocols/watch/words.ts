/** What a watch's words are about, and how each is answered (4PT, TRC, KT). */
import type { Settings } from "./profile.ts";
import type { Frame } from "./wire.ts";

export type Topic = "link" | "alarm" | "position" | "health" | "receipt" | "voice" | "voice chunk" | "picture" | "setting" | "unknown";

export function topicOf(word: string): Topic {
  const known = TOPICS.get(word) ?? TOPICS.get(word.toUpperCase());
  if (known !== undefined) return known;
  if (/^AL(?:[_\d]|$)/.test(word)) return "alarm";
  return /^(?:UD|WT)/.test(word) ? "position" : "unknown";
}

/** The content of the answer; null: there is none. */
export function answerOf({ word, fields }: Frame, settings: Settings): string | null {
  switch (topicOf(word)) {
    case "link":
      return word;
    case "setting":
      return `${word},1`;
    case "alarm":
      return settings.alarmReply === "AL" ? "AL" : word;
    case "position":
      return settings.positionReply === "echo" ? word : null;
    case "health":
      return settings.healthReply === "none" ? null : healthAnswer(word);
    case "voice":
      return isResult(fields) ? null : "TK,1";
    case "voice chunk":
      return "JXTKR,1";
    case "unknown":
      return settings.unknownReply === "echo" ? word : null;
    default:
      return null;
  }
}

function healthAnswer(word: string): string {
  return word.toUpperCase() === "OXYGEN" ? `${word},1` : word;
}

/** `TK,1` and `TK,0` from a watch answer a voice message that was sent to it. */
export function isResult(fields: Buffer): boolean {
  return fields.length <= 1;
}

/** A position or alarm that is about now: UD2 and the like were kept while there was no link. */
export function isLive(word: string): boolean {
  return /^(?:UD|AL)(?:_[0-9A-Za-z]+)?$/.test(word);
}

const TOPICS: ReadonlyMap<string, Topic> = new Map([
  ["LK", "link"],
  ["TKQ", "link"],
  ["TKQ2", "link"],
  ["CONFIG", "setting"],
  ["INIT", "setting"],
  ["MESSAGE", "receipt"],
  ["BPHRT", "health"],
  ["OXYGEN", "health"],
  ["BTEMP2", "health"],
  ["HEART", "health"],
  ["TK", "voice"],
  ["JXTK", "voice chunk"],
  ["IMG", "picture"],
]);
