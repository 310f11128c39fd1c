/** A session's questions put to the chat, each answered by the input that the session waits for. */
import type { LineChat, LineOwner } from "../chat/lines.ts";
import type { Meter } from "../chat/meter.ts";
import type { Effect, Input, Settlement } from "../core/index.ts";

export type Receive = Extract<Effect, { type: "receive" }>;
export type Drain = Extract<Effect, { type: "drain" }>;

/** Settlements that the store missed when their line ended are offered this often; then the next login's claim decides. */
const FINAL_TRIES = 30;
const FINAL_RETRY_MS = 1_000;

export interface Chat {
  readonly lines: LineChat;
  readonly meter: Meter;
}

export async function askReceive(chat: Chat, owner: LineOwner, effect: Receive): Promise<Extract<Input, { type: "received" }>> {
  const verdict = await chat.lines.receive(owner, effect.texts, effect.early);
  chat.meter.count("texts-in", verdict, effect.texts.length);
  return { type: "received", verdict };
}

export async function askDrain(chat: Chat, owner: LineOwner, effect: Drain): Promise<Extract<Input, { type: "drained" }>> {
  const result = await chat.lines.drain(owner, effect);
  if (result.type === "drained") {
    countSettlements(chat.meter, effect.settlements);
    if (result.texts.length > 0) chat.meter.count("texts-out", owner.protocol.name, result.texts.length);
    if (result.expired) chat.meter.count("expired", "ttl", result.expired);
  }
  return { type: "drained", result };
}

/** The line is over: nobody else will tell the store what its device acknowledged, so an outage is sat out for a while. */
export async function settleFinally(chat: Chat, owner: LineOwner, effect: Drain): Promise<void> {
  const last = { ...effect, held: [], room: 0 };
  const silent = effect.settlements.length === 0 && (effect.traces ?? []).length === 0;
  for (let tries = 0; tries < FINAL_TRIES && !silent; tries += 1) {
    const result = await chat.lines.drain(owner, last);
    if (result.type !== "unavailable") return countSettlements(chat.meter, effect.settlements);
    await new Promise((resolve) => setTimeout(resolve, FINAL_RETRY_MS).unref());
  }
}

function countSettlements(meter: Meter, settlements: readonly Settlement[]): void {
  for (const settlement of settlements) meter.count("settlements", settlement.type);
}
