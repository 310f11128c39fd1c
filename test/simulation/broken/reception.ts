/** I5, I6, I7: stamps by the wrong clock, texts acknowledged too early, and re-sends told apart too badly or too well. */
import type { MessageStore, Reception } from "../../../src/chat/ports.ts";
import type { Surroundings } from "../build.ts";
import { type Broken, over } from "./broken.ts";

const LATE_MS = 500;
const SKEW_MS = 2_000;
const NEWEST = 2_000_000_000;

export const reception: readonly Broken[] = [
  {
    name: "each node stamps with its own clock",
    breaks: "I5",
    within: 5,
    change: { scripts: (store, around) => stamping(store, around, false) },
  },
  { name: "every receipt stamps anew", breaks: "I5", within: 40, change: { scripts: (store, around) => stamping(store, around, true) } },
  {
    name: "a text is acknowledged before it is stored",
    breaks: "I6",
    within: 5,
    change: {
      chat: (chat, node) => ({
        identify: (hello, caller) => chat.identify(hello, caller),
        drain: (line, question) => chat.drain(line, question),
        passed: (line) => chat.passed(line),
        logout: (trackerId, epoch) => chat.logout(trackerId, epoch),
        contested: (trackerId) => chat.contested(trackerId),
        receive: (line, texts, early) => {
          node.later(LATE_MS, () => void chat.receive(line, texts, early));
          return Promise.resolve("stored");
        },
      }),
    },
  },
  { name: "re-sends are not recognised", breaks: "I7", within: 20, change: { scripts: numbering } },
  { name: "equal words are taken for a re-send", breaks: "I7", within: 5, change: { scripts: (store) => receiving(store, wordsOnly) } },
  {
    name: "a line that was taken over brings texts without a serial",
    breaks: "I7",
    within: 100,
    change: { scripts: (store) => receiving(store, (received) => ({ ...received, epoch: received.early ? received.epoch : NEWEST })) },
  },
];

function receiving(store: MessageStore, change: (reception: Reception) => Reception): MessageStore {
  return over(store, { receive: (received) => store.receive(change(received)) });
}

function numbering(store: MessageStore): MessageStore {
  let number = 0;
  return receiving(store, (received) => ({
    ...received,
    texts: received.texts.map((text) => {
      number += 1;
      return { ...text, serial: String(number) };
    }),
  }));
}

function wordsOnly(received: Reception): Reception {
  return { ...received, texts: received.texts.map((text) => ({ ...text, serial: "" })) };
}

/** Update times by the clock of whoever brings the receipt; `always`: every time. */
function stamping(store: MessageStore, { storeNow }: Surroundings, always: boolean): MessageStore {
  const stamps = new Map<number, number>();
  return over(store, {
    drain: (request) => {
      const clock = storeNow() + (always ? 0 : ((request.epoch % 3) - 1) * SKEW_MS);
      for (const settlement of request.settlements) {
        const arrived = settlement.type === "delivered" || settlement.type === "read";
        if (arrived && (always || !stamps.has(settlement.id))) stamps.set(settlement.id, clock);
      }
      return store.drain(request);
    },
    list: async (query) => {
      const messages = await store.list(query);
      return messages.map((message) => ({
        ...message,
        updatedAt: message.updatedAt === null ? null : (stamps.get(message.id) ?? message.updatedAt),
      }));
    },
  });
}
