/** What every MessageStore does: run on the reference store, on Redis, and on Redis in cluster mode. */
import { afterAll, beforeAll, describe } from "vitest";
import { broadcastContract } from "./store/contract/broadcasts.ts";
import { eventsContract } from "./store/contract/events.ts";
import { figuresContract } from "./store/contract/figures.ts";
import { lateContract } from "./store/contract/late.ts";
import { lifeContract } from "./store/contract/life.ts";
import { messageContract } from "./store/contract/messages.ts";
import { outboxContract } from "./store/contract/outbox.ts";
import { ownershipContract } from "./store/contract/ownership.ts";
import { receptionContract } from "./store/contract/reception.ts";
import { removalContract } from "./store/contract/removal.ts";
import { settlementContract } from "./store/contract/settlements.ts";
import { streamsContract } from "./store/contract/streams.ts";
import { webhookContract } from "./store/contract/webhooks.ts";
import { wishesContract } from "./store/contract/wishes.ts";
import { withdrawalContract } from "./store/contract/withdrawals.ts";
import type { OpenWorld, World } from "./store/world.ts";

export function storeContract(name: string, open: OpenWorld): void {
  describe(name, () => {
    let opened: World | undefined;
    const world = (): World => {
      if (opened === undefined) throw new Error("the store is not open");
      return opened;
    };
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());
    describe("messages", () => messageContract(world));
    describe("receptions", () => receptionContract(world));
    describe("outbox", () => outboxContract(world));
    describe("settlements", () => settlementContract(world));
    describe("wishes", () => wishesContract(world));
    describe("broadcasts", () => broadcastContract(world));
    describe("late reads and answers", () => lateContract(world));
    describe("withdrawals", () => withdrawalContract(world));
    describe("webhooks", () => webhookContract(world));
    describe("lives", () => lifeContract(world));
    describe("removal", () => removalContract(world));
    describe("events", () => eventsContract(world));
    describe("streams of events", () => streamsContract(world));
    describe("figures", () => figuresContract(world));
    describe("ownership and operation", () => ownershipContract(world));
  });
}
