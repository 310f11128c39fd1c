/** A session on a clock set by hand, its effects written down in a line each. */
import {
  type ClaimedText,
  type DrainResult,
  type Effect,
  type Input,
  type LineNews,
  type LoginVerdict,
  type Protocol,
  Session,
  type Standing,
  type UnitLabel,
} from "../../src/core/index.ts";
import { LIMITS } from "./rehearse.ts";

export const NEW: Standing = { proven: false, closings: 0, sinceClosingMs: null };
export const PROVEN: Standing = { ...NEW, proven: true };
export const SECOND = 1_000;

/** A session with its effects written down in a line each. */
export class Line {
  now = 0;
  readonly session: Session;

  constructor(protocol: Protocol) {
    this.session = new Session({ protocol, limits: LIMITS, now: 0 });
  }

  step(input: Input): string[] {
    return this.session.step(input, this.now).map(show);
  }

  up(...lines: string[]): string[] {
    return this.step({ type: "bytes", chunk: Buffer.from(lines.map((line) => `${line}\n`).join("")) });
  }

  login(standing: Standing = NEW, profile: Record<string, unknown> = {}): string[] {
    this.up("L dev");
    return this.step({ type: "identified", verdict: accepted(standing, profile) });
  }

  stored(verdict: "stored" | "unavailable" = "stored"): string[] {
    return this.step({ type: "received", verdict });
  }

  drained(texts: readonly ClaimedText[] = [], waiting = 0): string[] {
    return this.step({ type: "drained", result: { type: "drained", texts, waiting, dueInMs: null } });
  }

  result(result: DrainResult): string[] {
    return this.step({ type: "drained", result });
  }

  hint(news: LineNews = "text", unit?: UnitLabel): string[] {
    return this.step({ type: "hint", news, unit });
  }

  /** The store says that these texts are not wanted any more. */
  withdrawn(...ids: readonly number[]): string[] {
    return this.step({ type: "drained", result: { type: "drained", texts: [], waiting: 0, dueInMs: null, withdrawn: ids } });
  }

  /** Of the upstream; a text is lines that it says. */
  upstream(news: "up" | "down" | readonly string[]): string[] {
    return this.step({ type: "upstream", news: typeof news === "string" ? news : Buffer.from(news.map((line) => `${line}\n`).join("")) });
  }

  after(ms: number): string[] {
    this.now += ms;
    return this.step({ type: "tick" });
  }
}

export function accepted(standing: Standing, profile: Record<string, unknown>): LoginVerdict {
  return { type: "accepted", identity: { trackerId: 7, deviceId: "dev", profile, secret: null }, standing };
}

export function text(id: number, over: Partial<ClaimedText> = {}): ClaimedText {
  return { id, text: `text${id}`, urgent: false, attempt: 1, tag: id, partsAcked: 0, choices: null, ...over };
}

function show(effect: Effect): string {
  const whose = "unit" in effect && effect.unit !== undefined ? `${effect.unit}: ` : "";
  return `${whose}${shown(effect)}`;
}

function shown(effect: Effect): string {
  switch (effect.type) {
    case "write":
      return `< ${effect.bytes.toString("utf8").trim()}`;
    case "identify":
      return `identify ${effect.scope} ${effect.key} ${effect.password}`;
    case "receive":
      return `receive ${effect.texts.map((one) => `${one.serial}:${one.text}${one.answers === null ? "" : `>${one.answers.messageId}`}`).join("|")}${effect.early ? " early" : ""}`;
    case "drain":
      return `drain [${effect.settlements.map((one) => `${one.type}${"id" in one ? ` ${one.id}` : ""}`).join(", ")}] held ${effect.held.join(",")} room ${effect.room}${effect.urgentOnly === true ? " urgent" : ""}`;
    case "share":
      return `share ${effect.target}`;
    case "relay":
      return `^ ${effect.bytes.toString("utf8").trim()}`;
    case "note":
      return `note ${effect.kind}`;
    case "close":
      return `close ${effect.reason}`;
    case "left":
      return `left ${effect.reason}`;
    default:
      return effect.type;
  }
}
