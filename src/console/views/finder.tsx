/** Finds words in the messages of a conversation that are here, and older ones as they are loaded. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { loadOlder } from "../conversations.ts";
import { say } from "../language.ts";
import type { Message, MessageId, TrackerId } from "../model/message.ts";
import { type Conversation, folded } from "../model/model.ts";
import { openTracker } from "../route.ts";
import { finding } from "../state.ts";
import { Icon } from "./icons.tsx";

interface FinderProps {
  readonly trackerId: TrackerId;
  readonly conversation: Conversation;
}

export function Finder({ trackerId, conversation }: FinderProps): JSX.Element | null {
  const field = useRef<HTMLInputElement>(null);
  const isOpen = finding.value !== null;
  // At once: the words that are typed next are meant for it.
  useLayoutEffect(() => field.current?.focus(), [isOpen]);
  if (finding.value === null) return null;
  const { words, at } = finding.value;
  const matches = matchesOf(conversation.messages, words);
  const place = at === null ? -1 : matches.indexOf(at);
  // From the newest backwards: what one looks for was written before.
  const step = (by: 1 | -1): void => {
    const next = place < 0 ? matches.length - 1 : (place + by + matches.length) % matches.length;
    finding.value = { words, at: matches[next] ?? null };
  };
  const search = (next: string): void => {
    finding.value = { words: next, at: matchesOf(conversation.messages, next).at(-1) ?? null };
  };
  return (
    <search class="finder">
      <input
        id="finder"
        ref={field}
        type="search"
        value={words}
        aria-label={say("finder.label")}
        placeholder={say("finder.label")}
        onInput={({ currentTarget }) => search(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          step(event.shiftKey ? 1 : -1);
        }}
      />
      <span class="hint" role="status">
        {words.trim() === "" ? null : say("finder.place", { place: place + 1, n: matches.length, all: conversation.messages.length })}
      </span>
      <Tool name="up" label={say("finder.older")} isOff={matches.length === 0} onClick={() => step(-1)} />
      <Tool name="down" label={say("finder.newer")} isOff={matches.length === 0} onClick={() => step(1)} />
      {conversation.complete ? null : (
        <button class="quiet" type="button" onClick={() => void loadOlder(trackerId)}>
          {say("finder.more")}
        </button>
      )}
      <Tool name="close" label={say("close")} isOff={false} onClick={closeFinder} />
    </search>
  );
}

export function openFinder(): void {
  if (openTracker() !== null) finding.value ??= { words: "", at: null };
}

export function closeFinder(): void {
  finding.value = null;
  document.getElementById("composer")?.focus();
}

interface ToolProps {
  readonly name: "up" | "down" | "close";
  readonly label: string;
  readonly isOff: boolean;
  readonly onClick: () => void;
}

function Tool({ name, label, isOff, onClick }: ToolProps): JSX.Element {
  return (
    <button class="tool" type="button" title={label} aria-label={label} disabled={isOff} onClick={onClick}>
      <Icon name={name} />
    </button>
  );
}

function matchesOf(messages: readonly Message[], words: string): readonly MessageId[] {
  const wanted = folded(words);
  return wanted === "" ? [] : messages.filter(({ text }) => folded(text).includes(wanted)).map(({ id }) => id);
}
