import { expect, it } from "vitest";
import type { UserId } from "../../../src/chat/fleet.ts";
import {
  DEAD_EVENTS,
  type HookEvent,
  type HookPlace,
  type HookStep,
  REPLAYS,
  WEBHOOKS,
  type WebhookStore,
} from "../../../src/chat/webhook.ts";
import type { World } from "../world.ts";

const MADE = { url: "https://example.com/ü?a=b", kinds: ["message", "presence"], secret: "whsec_x" } as const;
const BEGIN = { after: "1-0", done: 0 };
const PLACE = { after: "1795348806000-2", done: 3 };
const TO_PLACE = step(BEGIN, PLACE);
let lastUser = 0;

/** Webhooks of accounts: how far they have come, what failed, what was given up, what is to be posted once more. */
export function webhookContract(world: () => World): void {
  const store = (): WebhookStore => world().webhooks;
  const made = async (user: UserId): Promise<number> => {
    const webhook = await store().create(user, MADE, "1-0");
    if (webhook === null) throw new Error("the account has too many");
    return webhook.id;
  };
  const dead = (event: HookEvent) => ({ ...event, attempts: 10, reason: "answered 500" });

  it("keeps what it is and where it begins, oldest first, and names its account", async () => {
    const user = freshUser();
    const webhook = await store().create(user, MADE, "1-0");
    expect(webhook).toEqual({ id: expect.any(Number), ...MADE, createdAt: expect.any(Number) });
    const state = { webhook, place: { after: "1-0", done: 0 }, failure: null, replays: [], deadEvents: 0 };
    expect(await store().state(user, webhook?.id ?? 0)).toEqual(state);
    const second = await made(user);
    expect((await store().list(user)).map((one) => one.webhook.id)).toEqual([webhook?.id, second]);
    expect(await store().accounts()).toContain(user);
  });

  it(`lets an account have ${WEBHOOKS}, whatever others have`, async () => {
    const [user, other] = [freshUser(), freshUser()];
    const ids: number[] = [];
    for (let at = 0; at < WEBHOOKS; at += 1) ids.push(await made(user));
    expect(await store().create(user, MADE, "1-0")).toBeNull();
    await made(other);
    expect(await store().remove(user, ids[3] ?? 0)).toBe(true);
    expect(await made(user)).toBeGreaterThan(ids[9] ?? 0);
  });

  it("shows an account nothing of another's, and nothing of one that is gone", async () => {
    const [user, other] = [freshUser(), freshUser()];
    const id = await made(user);
    const event = eventNo(1);
    const look = async (asker: UserId) => [
      await store().state(asker, id),
      await store().finish(asker, id, TO_PLACE, dead(event)),
      await store().fail(asker, id, TO_PLACE, { eventId: event.id, attempts: 1, reason: "late" }),
      await store().replay(asker, id, event),
      await store().deadEvents(asker, id, 10),
    ];
    expect(await look(other)).toEqual([null, false, false, "gone", []]);
    expect(await store().remove(other, id)).toBe(false);
    expect((await store().state(user, id))?.place.after).toBe("1-0");
    await store().finish(user, id, TO_PLACE, dead(event));
    expect(await store().remove(user, id)).toBe(true);
    expect(await store().remove(user, id)).toBe(false);
    expect(await look(user)).toEqual([null, false, false, "gone", []]);
    expect(await store().list(user)).toEqual([]);
  });

  it("notes a failure until the event is finished, and how far it has come", async () => {
    const user = freshUser();
    const id = await made(user);
    const failure = { eventId: "5-0-1", attempts: 2, reason: "answered 503" };
    expect(await store().fail(user, id, TO_PLACE, { eventId: "4-0-0", attempts: 7, reason: "another's" })).toBe(true);
    for (const attempts of [1, 2, 2]) expect(await store().fail(user, id, TO_PLACE, { ...failure, attempts })).toBe(true);
    expect(await store().state(user, id)).toMatchObject({ failure, place: BEGIN });
    expect(await store().finish(user, id, TO_PLACE, null)).toBe(true);
    expect(await store().state(user, id)).toMatchObject({ failure: null, place: PLACE, deadEvents: 0 });
  });

  it("changes nothing for one who comes from a place where it stands no more", async () => {
    const user = freshUser();
    const id = await made(user);
    const failure = { eventId: "9-0-0", attempts: 4, reason: "answered 503" };
    const behind = { ...PLACE, done: PLACE.done + 1 };
    await store().finish(user, id, TO_PLACE, null);
    await store().finish(user, id, step(PLACE, behind), null);
    await store().fail(user, id, step(behind, { after: "9-0", done: 0 }), failure);
    const before = await store().state(user, id);
    for (const late of [TO_PLACE, step(PLACE, behind), step({ ...behind, after: BEGIN.after }, PLACE)]) {
      expect(await store().finish(user, id, late, dead(eventNo(1)))).toBe(false);
      expect(await store().fail(user, id, late, { ...failure, eventId: "5-0-1", attempts: 1 })).toBe(false);
    }
    // Another tries the same event, and has tried it more often.
    expect(await store().fail(user, id, step(behind, { after: "9-0", done: 0 }), { ...failure, attempts: 3 })).toBe(false);
    expect(await store().state(user, id)).toEqual(before);
    expect(before).toMatchObject({ place: behind, failure, deadEvents: 0 });
  });

  it("changes nothing for one who posts once more what was posted meanwhile, or from another place", async () => {
    const user = freshUser();
    const id = await made(user);
    const [event, next] = [eventNo(1), eventNo(2)];
    for (const one of [event, next]) await store().replay(user, id, one);
    const again = (from: HookPlace): HookStep => ({ from, to: { type: "replay", event } });
    const failure = { eventId: event.id, attempts: 1, reason: "late" };
    expect(await store().finish(user, id, again(PLACE), null)).toBe(false);
    expect(await store().fail(user, id, again(PLACE), failure)).toBe(false);
    expect(await store().state(user, id)).toMatchObject({ failure: null, replays: [event, next] });
    expect(await store().fail(user, id, again(BEGIN), failure)).toBe(true);
    expect(await store().finish(user, id, again(BEGIN), null)).toBe(true);
    expect(await store().finish(user, id, again(BEGIN), dead(event))).toBe(false);
    expect(await store().fail(user, id, again(BEGIN), failure)).toBe(false);
    expect(await store().state(user, id)).toMatchObject({ place: BEGIN, failure: null, replays: [next], deadEvents: 0 });
  });

  it("keeps what was given up until it is to be posted once more, then in the order asked", async () => {
    const user = freshUser();
    const id = await made(user);
    const [one, two, three] = [eventNo(1), eventNo(2), eventNo(3)];
    for (const event of [one, two, three]) {
      await store().finish(user, id, step(BEGIN, BEGIN), dead(event));
      await world().advance(2);
    }
    const kept = await store().deadEvents(user, id, 2);
    expect(kept).toEqual([three, two].map((event) => ({ ...dead(event), at: expect.any(Number) })));
    for (const event of [two, one, two]) expect(await store().replay(user, id, event)).toBe("queued");
    expect(await store().state(user, id)).toMatchObject({ replays: [two, one], deadEvents: 1 });
    await store().finish(user, id, { from: BEGIN, to: { type: "replay", event: two } }, null);
    await store().finish(user, id, { from: BEGIN, to: { type: "replay", event: one } }, dead(one));
    await store().finish(user, id, { from: BEGIN, to: { type: "replay", event: one } }, dead(one));
    expect(await store().state(user, id)).toMatchObject({ replays: [], deadEvents: 2, place: BEGIN });
    expect((await store().deadEvents(user, id, 10)).map((event) => event.id)).toEqual([one.id, three.id]);
  });

  it(`keeps the newest ${DEAD_EVENTS} that were given up, and lets ${REPLAYS} wait`, async () => {
    const user = freshUser();
    const id = await made(user);
    const give = (number: number) => store().finish(user, id, step(BEGIN, BEGIN), dead(eventNo(number)));
    for (const number of [1, 2, 3]) {
      await give(number);
      await world().advance(2);
    }
    await Promise.all(Array.from({ length: DEAD_EVENTS - 1 }, (_, at) => give(4 + at)));
    expect(await store().state(user, id)).toMatchObject({ deadEvents: DEAD_EVENTS });
    const ids = new Set((await store().deadEvents(user, id, DEAD_EVENTS)).map((event) => event.id));
    expect([ids.size, ids.has(eventNo(2).id), ids.has(eventNo(3).id)]).toEqual([DEAD_EVENTS, false, true]);
    await Promise.all(Array.from({ length: REPLAYS }, (_, at) => store().replay(user, id, eventNo(1 + at))));
    expect(await store().replay(user, id, eventNo(REPLAYS + 9))).toBe("full");
    expect(await store().replay(user, id, eventNo(1))).toBe("queued");
  });
}

/** An account that no other test of this file uses. */
function freshUser(): UserId {
  lastUser += 1;
  return lastUser;
}

function step(from: HookPlace, place: HookPlace): HookStep {
  return { from, to: { type: "stream", place } };
}

function eventNo(number: number): HookEvent {
  return { id: `${1_795_348_806_000 + number}-0-0`, trackerId: 7, event: { type: "status", id: number, state: "delivered" } };
}
