/** I1, I1b, I11: promises that a store or a queue does not keep. */
import type { MessageStore } from "../../../src/chat/ports.ts";
import type { Surroundings } from "../build.ts";
import { type Broken, over } from "./broken.ts";

/** What a log that is written to disk every second loses with the machine. */
const UNSAVED_MS = 1_000;
/** Ids that a counter gives once more after a crash. */
const REUSED = 3;

export const durability: readonly Broken[] = [
  { name: "the store forgets its last second in a crash", breaks: "I1", within: 20, change: { scripts: forgetful } },
  {
    name: "hints are the only way to a line, and named after their job",
    breaks: "I1",
    within: 20,
    change: { sweeps: false, jobIds: true },
  },
  { name: "lost hints are not made up for", breaks: "I1", within: 100, change: { sweeps: false } },
  { name: "a command that comes twice is done twice", breaks: "I1b", within: 20, change: { idempotent: false } },
  {
    name: "the name of a call is not remembered",
    breaks: "I1b",
    within: 40,
    change: { scripts: (store) => over(store, { submit: (draft) => store.submit({ ...draft, idempotencyKey: null }) }) },
  },
  {
    name: "withdrawing is answered and not done",
    breaks: "I1",
    within: 20,
    change: { scripts: (store) => over(store, { cancel: () => Promise.resolve({ type: "cancelled", owner: null }) }) },
  },
  { name: "ids go back in a crash", breaks: "I11", within: 20, change: { scripts: reusing } },
];

function forgetful(store: MessageStore, { storeNow, onCrash }: Surroundings): MessageStore {
  const unsaved = new Map<number, number>();
  const forgotten = new Set<number>();
  onCrash(() => {
    for (const [id, at] of unsaved) if (storeNow() - at < UNSAVED_MS) forgotten.add(id);
  });
  return over(store, {
    submit: async (draft) => {
      const submitted = await store.submit(draft);
      if (submitted.type === "stored") unsaved.set(submitted.id, storeNow());
      return submitted;
    },
    list: async (query) => (await store.list(query)).filter(({ id }) => !forgotten.has(id)),
    drain: async (request) => {
      const result = await store.drain(request);
      return result.type === "drained" ? { ...result, texts: result.texts.filter(({ id }) => !forgotten.has(id)) } : result;
    },
  });
}

/** The counter is behind after each crash; that two messages then share an id is seen in the answers. */
function reusing(store: MessageStore, { onCrash }: Surroundings): MessageStore {
  let behind = 0;
  onCrash(() => {
    behind += REUSED;
  });
  return over(store, {
    submit: async (draft) => {
      const submitted = await store.submit(draft);
      return submitted.type === "stored" ? { ...submitted, id: submitted.id - behind } : submitted;
    },
  });
}
