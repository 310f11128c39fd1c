/** The life of one message: why it is not delivered, in a sentence, and everything that happened to it, step by step. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TimelineEntry } from "../calls.ts";
import { showTimeline, withdraw } from "../conversations.ts";
import { say } from "../language.ts";
import { isPending, type Message } from "../model/message.ts";
import { findMessage } from "../model/select.ts";
import { statusOf, whyNot } from "../model/status.ts";
import { model, rowOf, shownTimeline, times } from "../state.ts";
import { Icon } from "./icons.tsx";

export function Timeline(): JSX.Element | null {
  const shown = shownTimeline.value;
  return shown === null ? null : <Panel key={shown.message.id} asked={shown.message} entries={shown.entries} />;
}

interface PanelProps {
  readonly asked: Message;
  readonly entries: readonly TimelineEntry[] | "failed" | null;
}

function Panel({ asked, entries }: PanelProps): JSX.Element {
  const message = findMessage(model.value, asked.id) ?? asked;
  const heading = useRef<HTMLHeadingElement>(null);
  const { online } = rowOf(message.trackerId).presence;
  const why = whyNot(message, online);
  const { state, at } = message.progress;
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (message !== asked) void showTimeline(message);
  }, [state, at]);
  return (
    <aside class="timeline" aria-label={say("timeline.title")}>
      <header class="head">
        <h2 ref={heading} tabIndex={-1}>
          {say(why === null ? "timeline.title" : "message.why")}
        </h2>
        <button class="tool" type="button" aria-label={say("close")} onClick={closeTimeline}>
          <Icon name="close" />
        </button>
      </header>
      <div class="timeline-body">
        <blockquote class="text" dir="auto">
          {message.text}
        </blockquote>
        {why === null ? null : <p class="why-not">{say(`why.${why}`)}</p>}
        {isPending(message) ? (
          <button class="quiet danger" type="button" onClick={() => void withdraw(message)}>
            {say("timeline.withdraw")}
          </button>
        ) : null}
        <Steps entries={entries} online={online} />
      </div>
    </aside>
  );
}

export function closeTimeline(): void {
  const id = shownTimeline.value?.message.id;
  shownTimeline.value = null;
  document.querySelector<HTMLElement>(`[data-message="${id}"] .status`)?.focus();
}

function Steps({ entries, online }: { readonly entries: PanelProps["entries"]; readonly online: boolean }): JSX.Element {
  if (entries === null) return <p class="hint">{say("conversation.loading")}</p>;
  if (entries === "failed") return <p class="hint">{say("timeline.failed")}</p>;
  return (
    <ol class="steps">
      {entries.map((entry, index) => (
        <li key={`${index}-${entry.at}`} class={entry.frame === null ? "step" : "step frame-step"}>
          <time dateTime={times.value.iso(entry.at)}>{times.value.full(entry.at)}</time>
          {entry.frame === null ? <StateStep entry={entry} online={online} /> : <FrameStep frame={entry.frame} />}
        </li>
      ))}
    </ol>
  );
}

function StateStep({ entry, online }: { readonly entry: TimelineEntry; readonly online: boolean }): JSX.Element {
  const { state, reason, attempt, node } = entry;
  const { icon, words, tone } = statusOf({ state, updatedAt: null }, state === "queued" || online);
  return (
    <p>
      <span class={`tone-${tone}`}>
        <Icon name={icon} /> {say(state === "written" ? "timeline.written" : words)}
      </span>
      {reason === null ? null : <bdi>: {reason}</bdi>}
      <span class="hint">
        {attempt === null ? null : ` · ${say("timeline.attempt", { n: attempt })}`}
        {node === null ? null : ` · ${say("timeline.node", { node })}`}
      </span>
    </p>
  );
}

function FrameStep({ frame: { direction, hex } }: { readonly frame: NonNullable<TimelineEntry["frame"]> }): JSX.Element {
  return (
    <details>
      <summary>{say(direction === "down" ? "timeline.down" : "timeline.up", { n: hex.length / 2 })}</summary>
      <code>{hex.replaceAll(/(..)(?=.)/gu, "$1 ")}</code>
    </details>
  );
}
