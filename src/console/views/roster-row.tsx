/** One tracker of the roster. */
import type { JSX } from "preact";
import { now } from "../clock.ts";
import { say } from "../language.ts";
import type { Row, Tracker } from "../model/model.ts";
import { statusOf } from "../model/status.ts";
import { addressOf } from "../route.ts";
import { drafts, times } from "../state.ts";
import { Icon } from "./icons.tsx";

/** Of a text's preview; the row shows one line. */
const PREVIEW_CHARACTERS = 120;

interface RosterRowProps {
  readonly tracker: Tracker;
  readonly row: Row;
  readonly isOpen: boolean;
}

export function RosterRow({ tracker, row, isOpen }: RosterRowProps): JSX.Element {
  const { presence, unread, pending, last } = row;
  return (
    <a
      class="row"
      href={addressOf({ type: "tracker", id: tracker.id })}
      data-tracker={tracker.id}
      data-online={presence.online}
      data-unread={unread.count > 0}
      aria-current={isOpen ? "page" : undefined}
    >
      <span class="presence-shape" aria-hidden="true" />
      <span class="row-top">
        <bdi class="label">{tracker.label}</bdi>
        {last === null ? null : <RowTime at={last.submittedAt} />}
      </span>
      <span class="row-who">
        {tracker.driver === "" ? null : <bdi>{tracker.driver}</bdi>}
        <span class="presence">{say(presence.online ? "online" : "offline")}</span>
        {pending > 0 ? <span class="pending">{say("roster.pending", { n: pending })}</span> : null}
      </span>
      <span class="row-bottom">
        <Preview tracker={tracker} row={row} />
        {unread.count > 0 ? (
          <span class="badge">
            <span aria-hidden="true">{unread.count}</span>
            <span class="unseen">{say("roster.unreadCount", { n: unread.count })}</span>
          </span>
        ) : null}
      </span>
    </a>
  );
}

function RowTime({ at }: { readonly at: number }): JSX.Element {
  return (
    <time dateTime={times.value.iso(at)} title={times.value.full(at)}>
      {times.value.brief(at, now.value)}
    </time>
  );
}

interface PreviewProps {
  readonly tracker: Tracker;
  readonly row: Row;
}

function Preview({ tracker, row: { presence, unread, last } }: PreviewProps): JSX.Element {
  const draft = drafts.value.get(tracker.id);
  // What nobody has read is more urgent than what one has begun.
  if (draft !== undefined && unread.count === 0) {
    return (
      <span class="preview">
        <span class="draft">{say("roster.draft")}</span>
        <Line text={draft} />
      </span>
    );
  }
  if (last === null || last.direction === "INCOMING") {
    return (
      <span class="preview">
        <Line text={last?.text ?? say("roster.nothing")} />
      </span>
    );
  }
  const { icon, words, tone } = statusOf(last.progress, presence.online);
  return (
    <span class="preview">
      <span class={`tone-${tone}`}>
        <Icon name={icon} />
        <span class="unseen">{say(words)}: </span>
      </span>
      <Line text={last.text} />
    </span>
  );
}

/** Written from its own side: what does not fit is cut off its end. */
function Line({ text }: { readonly text: string }): JSX.Element {
  return (
    <span class="line" dir="auto">
      {text.slice(0, PREVIEW_CHARACTERS).replaceAll(/\s+/gu, " ")}
    </span>
  );
}
