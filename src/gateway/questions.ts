/** A session's questions put to the chat, each answered by the input that the session waits for. */
import type { LineChat, LineOwner } from "../chat/lines.ts";
import type { Meter } from "../chat/meter.ts";
import type { DrainResult, Effect, Input, Settlement } from "../core/index.ts";

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
  chat.meter.count("texts", `in ${owner.protocol.name} ${verdict}`, effect.texts.length);
  return { type: "received", verdict };
}

export async function askDrain(chat: Chat, owner: LineOwner, effect: Drain): Promise<Extract<Input, { type: "drained" }>> {
  const result = await chat.lines.drain(owner, effect);
  if (result.type === "drained") {
    countSettlements(chat.meter, owner, effect.settlements);
    countDrained(chat.meter, owner, result);
  }
  return { type: "drained", result };
}

/** The line is over: nobody else will tell the store what its device acknowledged, so an outage is sat out for a while. */
export async function settleFinally(chat: Chat, owner: LineOwner, effect: Drain): Promise<void> {
  const last = { ...effect, held: [], room: 0 };
  const silent = effect.settlements.length === 0 && (effect.traces ?? []).length === 0;
  for (let tries = 0; tries < FINAL_TRIES && !silent; tries += 1) {
    const result = await chat.lines.drain(owner, last);
    if (result.type !== "unavailable") return countSettlements(chat.meter, owner, effect.settlements);
    await new Promise((resolve) => setTimeout(resolve, FINAL_RETRY_MS).unref());
  }
}

function countSettlements(meter: Meter, { protocol }: LineOwner, settlements: readonly Settlement[]): void {
  for (const settlement of settlements) {
    const end = endOf(settlement);
    if (end !== null) meter.count("texts", `out ${protocol.name} ${end}`);
    else if (settlement.type === "lapsed") meter.count("missed-receipts", protocol.name);
  }
}

/** The end of a text that a settlement tells; null: it tells none. */
function endOf(settlement: Settlement): string | null {
  if (settlement.type === "delivered") return settlement.receipt === "implied" ? "implied" : "delivered";
  return ENDS.has(settlement.type) ? settlement.type : null;
}

const ENDS: ReadonlySet<Settlement["type"]> = new Set<Settlement["type"]>(["read", "rejected", "unconfirmed"]);

function countDrained(meter: Meter, { protocol: { name } }: LineOwner, { texts, ended }: Extract<DrainResult, { type: "drained" }>): void {
  for (const { attempt } of texts) meter.count("deliveries", `${name} ${attempt}`);
  if (ended === undefined) return;
  if (ended.expired > 0) meter.count("texts", `out ${name} expired`, ended.expired);
  if (ended.deadLettered > 0) meter.count("texts", `out ${name} dead-lettered`, ended.deadLettered);
}
