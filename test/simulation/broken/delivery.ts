/** I2, I3, I4, I16: deliveries believed too early, out of order, too often or too late. */
import type { MessageStore } from "../../../src/chat/ports.ts";
import {
  type Codec,
  type DeviceEvent,
  type Input,
  type Protocol,
  Session,
  type SessionOptions,
  type Settlement,
} from "../../../src/core/index.ts";
import { LIMITS } from "../../support/rehearse.ts";
import type { SessionLike } from "../sim-line.ts";
import { type Broken, over } from "./broken.ts";

const YEAR_MS = 365 * 24 * 60 * 60_000;

export const delivery: readonly Broken[] = [
  { name: "what was written counts as delivered", breaks: "I2", within: 5, change: { trustsWrites: true } },
  { name: "after an overdue receipt without a tag the line goes on", breaks: "I2", within: 40, change: { protocol: goingOn } },
  { name: "a receipt with any tag settles the last part written", breaks: "I2", within: 20, change: { session: credulous } },
  { name: "a read over a later line means the last text", breaks: "I2", within: 20, change: { scripts: presuming } },
  { name: "a read over a later line means nothing", breaks: "I2", within: 40, change: { scripts: (store) => readsAs(store, () => []) } },
  { name: "two texts are claimed the wrong way round", breaks: "I3", within: 20, change: { port: reversing } },
  {
    name: "a text joins its lane after its time",
    breaks: "I3",
    within: 20,
    change: {
      scripts: (store) => over(store, { submit: (draft) => store.submit({ ...draft, notBeforeMs: 2 * (draft.notBeforeMs ?? 0) }) }),
    },
  },
  {
    name: "what a line holds is handed out again",
    breaks: "I4",
    within: 20,
    change: { port: (store) => over(store, { drain: (request) => store.drain({ ...request, held: [] }) }) },
  },
  {
    name: "attempts have no end",
    breaks: "I4",
    within: 40,
    change: { port: (store) => over(store, { drain: (request) => store.drain({ ...request, maxAttempts: 1_000 }) }) },
  },
  {
    name: "texts live for ever",
    breaks: "I16",
    within: 20,
    change: { scripts: (store) => over(store, { submit: (draft) => store.submit({ ...draft, ttlMs: YEAR_MS }) }) },
  },
  {
    name: "a line that hears of a withdrawal goes on",
    breaks: "I16b",
    within: 60,
    change: { port: stubborn },
  },
];

/** What a read of an earlier line's text is taken for. */
function readsAs(store: MessageStore, taken: (trackerId: number) => readonly Settlement[]): MessageStore {
  return over(store, {
    drain: (request) => {
      const meant = (settlement: Settlement): readonly Settlement[] =>
        settlement.type === "late-read" ? taken(request.trackerId) : [settlement];
      return store.drain({ ...request, settlements: request.settlements.flatMap(meant) });
    },
  });
}

function presuming(store: MessageStore): MessageStore {
  const last = new Map<number, number>();
  const watched = over(store, {
    submit: async (draft) => {
      const submitted = await store.submit(draft);
      if (submitted.type === "stored") last.set(draft.trackerId, submitted.id);
      return submitted;
    },
  });
  return readsAs(watched, (trackerId) => [{ type: "read", id: last.get(trackerId) ?? 0 }]);
}

function stubborn(store: MessageStore): MessageStore {
  return over(store, {
    drain: async (request) => {
      const result = await store.drain(request);
      return result.type === "drained" ? { ...result, withdrawn: [] } : result;
    },
  });
}

function reversing(store: MessageStore): MessageStore {
  return over(store, {
    drain: async (request) => {
      const result = await store.drain({ ...request, room: request.room === 1 ? 2 : request.room });
      return result.type === "drained" ? { ...result, texts: result.texts.toReversed() } : result;
    },
  });
}

/** A protocol that gives every receipt to the order that is out now, and goes on with the next when one is overdue. */
export function goingOn(protocol: Protocol): Protocol {
  if (protocol.capabilities.receipts === "by-tag") return protocol;
  return {
    ...protocol,
    capabilities: { ...protocol.capabilities, receipts: "by-tag", attempts: 1 },
    connect: (environment) => guessing(protocol.connect(environment)),
  };
}

function guessing(codec: Codec): Codec {
  let expected: string[] = [];
  const guess = (event: DeviceEvent): DeviceEvent => (event.type === "receipt" ? { ...event, tag: expected.shift() ?? null } : event);
  return {
    ...codec,
    decode: (frame) => {
      const reading = codec.decode(frame);
      return { ...reading, events: reading.events.map(guess) };
    },
    encode: (order) => {
      const encoded = codec.encode(order);
      if (encoded.type === "refused") return encoded;
      const tagged = encoded.parts.map((part, place) => ({ ...part, tag: String(order.tag + place) }));
      expected = tagged.map(({ tag }) => tag);
      const [first, ...rest] = tagged;
      return first === undefined ? encoded : { ...encoded, parts: [first, ...rest] };
    },
  };
}

/** Reads every tag as that of the last part written. */
function credulous({ protocol, now }: Pick<SessionOptions, "protocol" | "now">): SessionLike {
  const session = new Session({ protocol, limits: LIMITS, now });
  let last = "";
  return {
    get deadline() {
      return session.deadline;
    },
    get asking() {
      return session.asking;
    },
    step: (input, at) => {
      const effects = session.step(misread(input, last), at);
      for (const effect of effects) {
        const tag = effect.type === "write" ? /^M (\d+) /.exec(effect.bytes.toString())?.[1] : undefined;
        last = tag ?? last;
      }
      return effects;
    },
  };
}

function misread(input: Input, tag: string): Input {
  if (input.type !== "bytes" || tag === "") return input;
  return { type: "bytes", chunk: Buffer.from(input.chunk.toString().replaceAll(/^A \d+$/gm, `A ${tag}`)) };
}
