/** One tracker's messages and the place to write to it. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isLookedAt } from "../alerts.ts";
import { now } from "../clock.ts";
import { loadNewest, loadOlder, readAll, readShown } from "../conversations.ts";
import { say } from "../language.ts";
import { type Item, itemsOf } from "../model/items.ts";
import { type MessageId, messageOf, type TrackerId } from "../model/message.ts";
import type { Conversation as Loaded, Row, Tracker } from "../model/model.ts";
import { unreadIds } from "../model/select.ts";
import { type UnsentText, withoutStored } from "../model/unsent.ts";
import { connection, finding, model, rowOf, times, unsent } from "../state.ts";
import { Composer } from "./composer.tsx";
import { ConversationHead } from "./conversation-head.tsx";
import { Finder } from "./finder.tsx";
import { Icon } from "./icons.tsx";
import { messagesControls } from "./list-controls.ts";
import { MessageLine } from "./message.tsx";
import { UnsentLine } from "./unsent-line.tsx";
import { type ListView, VirtualList } from "./virtual-list.tsx";

/** So close to the first row that is here, older ones are asked for. */
const PRELOAD_ROWS = 30;

export function Conversation({ trackerId }: { readonly trackerId: TrackerId }): JSX.Element {
  const tracker = model.value.trackers.get(trackerId);
  const conversation = model.value.conversations.get(trackerId);
  const isLive = connection.value.type === "live";
  const isLoaded = conversation?.loaded === true;
  const isKnown = tracker !== undefined;
  useEffect(() => {
    if (isKnown && !isLoaded) void loadNewest(trackerId);
  }, [trackerId, isKnown, isLoaded, isLive]);
  if (!isKnown) return <p class="empty">{say(model.value.loaded ? "conversation.unknown" : "starting")}</p>;
  const row = rowOf(trackerId);
  return (
    <section class="conversation" aria-label={say("conversation.with", { tracker: tracker.label })}>
      <ConversationHead tracker={tracker} row={row} />
      {conversation === undefined ? null : <Finder trackerId={trackerId} conversation={conversation} />}
      {conversation === undefined || !isLoaded ? (
        <p class="empty">{say("conversation.loading")}</p>
      ) : (
        <Messages tracker={tracker} row={row} conversation={conversation} />
      )}
      <Composer key={trackerId} tracker={tracker} row={row} />
    </section>
  );
}

interface MessagesProps {
  readonly tracker: Tracker;
  readonly row: Row;
  readonly conversation: Loaded;
}

function Messages({ tracker, row, conversation }: MessagesProps): JSX.Element {
  const { messages, complete } = conversation;
  const firstNew = useFirstNew(conversation, row);
  // Null until the list says where it stands: with something new it need not open at the end.
  const [atEnd, setAtEnd] = useState(firstNew === null ? true : null);
  const below = useBelow(conversation, atEnd !== false);
  const waiting = withoutStored(unsent.value, tracker.id, (id) => messageOf(messages, id) !== undefined);
  const { dayOf } = times.value;
  const items = useMemo(
    () => itemsOf({ messages, complete, unsent: waiting, firstNew, dayOf }),
    [messages, complete, waiting.map(({ key, state }) => `${key}${state.type}`).join(), firstNew, dayOf],
  );
  useReading(tracker.id, conversation, atEnd === true);
  useOwnTexts(waiting);
  const found = finding.value?.at ?? null;
  // At each step, also one that leads to the same message: one may have scrolled away from it.
  useEffect(() => {
    if (found !== null) messagesControls.current?.show(items.findIndex(({ key }) => key === `m${found}`));
  }, [finding.value]);
  const look = ({ first, atEnd: isAtEnd }: ListView): void => {
    setAtEnd(isAtEnd);
    if (first < PRELOAD_ROWS && !complete) void loadOlder(tracker.id);
  };
  if (items.length === 0) return <p class="empty">{say("conversation.empty")}</p>;
  const driver = tracker.driver || tracker.label;
  const questionOf = (answers: MessageId | null) => (answers === null ? null : (messageOf(messages, answers) ?? null));
  return (
    <div class="messages" role="log" aria-live="off" aria-label={say("conversation.messages")}>
      <VirtualList
        items={items}
        keyOf={keyOf}
        estimate={estimate}
        anchor="end"
        opensAt={items.findIndex(({ type }) => type === "new")}
        controls={messagesControls}
        onView={look}
      >
        {(item) => {
          switch (item.type) {
            case "day":
              return <p class="day">{times.value.dayName(item.at, now.value)}</p>;
            case "new":
              return <p class="new">{say("conversation.new")}</p>;
            case "message": {
              const { message, joined } = item;
              const question = questionOf(message.answers);
              return (
                <MessageLine
                  message={message}
                  joined={joined}
                  online={row.presence.online}
                  driver={driver}
                  question={question}
                  isFound={message.id === found}
                />
              );
            }
            case "unsent":
              return <UnsentLine unsent={item.unsent} />;
          }
        }}
      </VirtualList>
      {atEnd !== false ? null : (
        <button class="jump" type="button" onClick={() => messagesControls.current?.scrollToEnd()}>
          <Icon name="down" />
          {below > 0 ? say("conversation.below", { n: below }) : say("conversation.newest")}
        </button>
      )}
      {row.unread.count > unreadIds(messages, row).length && !complete ? (
        <button class="read-all" type="button" onClick={() => void readAll([tracker.id])}>
          <Icon name="check" />
          {say("conversation.readAll", { n: row.unread.count })}
        </button>
      ) : null}
    </div>
  );
}

/** The first text that was unread when the conversation came into view; stays until something newer comes while nobody looks. */
function useFirstNew({ messages }: Loaded, row: Row): MessageId | null {
  const first = unreadIds(messages, row)[0] ?? null;
  const [firstNew, setFirstNew] = useState<MessageId | null>(first);
  useEffect(() => {
    // What comes while nobody looks is new when somebody looks again.
    const leave = (): void => {
      if (first !== null) setFirstNew(first);
    };
    addEventListener("blur", leave);
    return () => removeEventListener("blur", leave);
  }, [first]);
  useEffect(() => {
    if (first !== null && !document.hasFocus()) setFirstNew(first);
  }, [first]);
  return firstNew;
}

/** What one sends oneself is looked at, wherever one was; what gets through or is given up moves nothing. */
function useOwnTexts(waiting: readonly UnsentText[]): void {
  const newest = waiting.at(-1)?.writtenAt ?? 0;
  const seen = useRef(newest);
  useEffect(() => {
    if (newest > seen.current) messagesControls.current?.scrollToEnd();
    seen.current = Math.max(newest, seen.current);
  }, [newest]);
}

/** How many messages came since the end was last in view. */
function useBelow({ messages }: Loaded, atEnd: boolean): number {
  const newest = messages.at(-1)?.id ?? 0;
  const [seen, setSeen] = useState(newest);
  useEffect(() => {
    if (atEnd) setSeen(newest);
  }, [atEnd, newest]);
  return atEnd ? 0 : messages.filter(({ id }) => id > seen).length;
}

/** Texts are read when the end of their conversation is in view, in front, and the window has the focus. */
function useReading(trackerId: TrackerId, conversation: Loaded, atEnd: boolean): void {
  useEffect(() => {
    const read = (): void => {
      if (atEnd && isLookedAt({ trackerId })) void readShown(trackerId);
    };
    read();
    addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => {
      removeEventListener("focus", read);
      document.removeEventListener("visibilitychange", read);
    };
  }, [trackerId, conversation.messages, atEnd]);
}

function keyOf({ key }: Item): string {
  return key;
}

const LINE_PX = 20;
const LINE_CHARACTERS = 60;

function estimate(item: Item): number {
  if (item.type !== "message") return 2 * LINE_PX;
  const { text } = item.message;
  return 46 + LINE_PX * Math.ceil(text.length / LINE_CHARACTERS);
}
