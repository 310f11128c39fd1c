/** I8, I9, I10, I12: whose line, whose messages, how many unread, and which of them in a list. */
import type { MessageStore } from "../../../src/chat/ports.ts";
import type { ChatCalls } from "../build.ts";
import { type Broken, over } from "./broken.ts";

export const tenancy: readonly Broken[] = [
  { name: "epochs are not compared", breaks: "I8", within: 20, change: { scripts: epochless } },
  { name: "the end of a line deletes its tracker's presence", breaks: "I8", within: 40, change: { scripts: (store) => closing(store) } },
  { name: "epochs do not rise", breaks: "I8", within: 5, change: { scripts: stuck } },
  {
    name: "list does not ask whose tracker it is",
    breaks: "I9",
    within: 20,
    change: { calls: (calls, store) => ({ ...bound(calls), list: (_, input) => store.list({ ...input, from: input.from }) }) },
  },
  {
    name: "marking does not ask whose messages they are",
    breaks: "I9",
    within: 20,
    change: {
      calls: (calls, store) => ({
        ...bound(calls),
        markRead: async (_, ids) => {
          for (const message of await store.find(ids)) if (message !== null) await store.markRead(message.trackerId, [message.id]);
        },
      }),
    },
  },
  { name: "unread is a counter", breaks: "I10", within: 5, change: { scripts: counting } },
  {
    name: "the limit of a list is applied before its order",
    breaks: "I12",
    within: 5,
    change: {
      port: (store) =>
        over(store, {
          list: async (query) => {
            const oldest = await store.list({ ...query, ascending: true });
            return query.ascending ? oldest : oldest.toReversed();
          },
        }),
    },
  },
  {
    name: "a list ends before its bound",
    breaks: "I12",
    within: 20,
    change: { port: (store) => over(store, { list: (query) => store.list({ ...query, to: query.to === null ? null : query.to - 1 }) }) },
  },
];

/** A store on which every claim is made under the newest epoch. */
export function epochless(store: MessageStore): MessageStore {
  const epochs = new Map<number, number>();
  return over(store, {
    login: async (login) => {
      const loggedIn = await store.login(login);
      epochs.set(login.trackerId, loggedIn.epoch);
      return loggedIn;
    },
    drain: (request) => store.drain({ ...request, epoch: epochs.get(request.trackerId) ?? request.epoch }),
  });
}

/** A store on which the end of any line is the end of the newest. */
export function closing(store: MessageStore): MessageStore {
  const epochs = new Map<number, number>();
  return over(store, {
    login: async (login) => {
      const loggedIn = await store.login(login);
      epochs.set(login.trackerId, loggedIn.epoch);
      return loggedIn;
    },
    logout: (trackerId, epoch) => store.logout(trackerId, epochs.get(trackerId) ?? epoch),
  });
}

function stuck(store: MessageStore): MessageStore {
  return over(store, { login: async (login) => ({ ...(await store.login(login)), epoch: 1 }) });
}

function counting(store: MessageStore): MessageStore {
  const counts = new Map<number, number>();
  const add = (trackerId: number, by: number): void => void counts.set(trackerId, (counts.get(trackerId) ?? 0) + by);
  return over(store, {
    receive: async (received) => {
      const result = await store.receive(received);
      add(received.trackerId, result.ids.length - result.duplicates);
      return result;
    },
    markRead: (trackerId, ids) => {
      add(trackerId, -ids.length);
      return store.markRead(trackerId, ids);
    },
    unreadCounts: (trackerIds) => Promise.resolve(new Map(trackerIds.map((id) => [id, counts.get(id) ?? 0]))),
  });
}

function bound(calls: ChatCalls): ChatCalls {
  return {
    list: (user, input) => calls.list(user, input),
    markAllRead: (user, ids) => calls.markAllRead(user, ids),
    markRead: (user, ids) => calls.markRead(user, ids),
    send: (user, trackerId, text) => calls.send(user, trackerId, text),
    sendAsWished: (user, trackerId, text, wishes) => calls.sendAsWished(user, trackerId, text, wishes),
    broadcast: (user, trackers, text) => calls.broadcast(user, trackers, text),
    lastTimes: (user, trackers) => calls.lastTimes(user, trackers),
    unreadCounts: (user) => calls.unreadCounts(user),
  };
}
