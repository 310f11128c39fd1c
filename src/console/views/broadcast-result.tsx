/** What became of a broadcast, recipient by recipient, as the receipts come in. */
import type { JSX } from "preact";
import { say } from "../language.ts";
import { isDelivered, type MessageId, type TrackerId } from "../model/message.ts";
import { statusOf } from "../model/status.ts";
import { addressOf } from "../route.ts";
import { type Broadcast, broadcasts, model, rowOf, times } from "../state.ts";
import { Icon } from "./icons.tsx";

export function BroadcastResult({ broadcastKey }: { readonly broadcastKey: string }): JSX.Element {
  const sent = broadcasts.value.find(({ key }) => key === broadcastKey);
  return (
    <section class="broadcast" aria-labelledby="broadcast-title">
      <header class="head">
        <a class="tool back" href={addressOf({ type: "broadcast", key: null })} aria-label={say("back")}>
          <Icon name="back" />
        </a>
        <h1 id="broadcast-title">{say("broadcast.result")}</h1>
      </header>
      {sent === undefined ? <p class="empty">{say("broadcast.forgotten")}</p> : <Result sent={sent} />}
    </section>
  );
}

function Result({ sent }: { readonly sent: Broadcast }): JSX.Element {
  const { text, sentAt, recipients } = sent;
  const delivered = recipients.filter(({ messageId }) => {
    const progress = messageId === null ? undefined : model.value.watched.get(messageId);
    return progress !== undefined && isDelivered(progress);
  }).length;
  return (
    <div class="result">
      <blockquote class="text" dir="auto">
        {text}
      </blockquote>
      <div class="tally">
        <p role="status">{say("broadcast.tally", { n: delivered, all: recipients.length })}</p>
        <progress max={recipients.length} value={delivered} aria-label={say("broadcast.result")} />
        <time class="hint" dateTime={times.value.iso(sentAt)}>
          {times.value.full(sentAt)}
        </time>
      </div>
      <ul class="recipients-result">
        {recipients.map(({ trackerId, messageId }) => (
          <Recipient key={trackerId} trackerId={trackerId} messageId={messageId} sentAt={sentAt} />
        ))}
      </ul>
    </div>
  );
}

interface RecipientProps {
  readonly trackerId: TrackerId;
  /** Null: its text was not stored. */
  readonly messageId: MessageId | null;
  readonly sentAt: number;
}

function Recipient({ trackerId, messageId, sentAt }: RecipientProps): JSX.Element {
  const { online } = rowOf(trackerId).presence;
  const tracker = model.value.trackers.get(trackerId);
  const progress = messageId === null ? undefined : model.value.watched.get(messageId);
  const status = progress === undefined ? null : statusOf(progress, online);
  return (
    <li data-recipient={trackerId} data-online={online}>
      <a href={addressOf({ type: "tracker", id: trackerId })}>
        <span class="presence-shape" aria-hidden="true" />
        <bdi class="label">{tracker?.label ?? trackerId}</bdi>
        <bdi class="hint">{tracker?.driver}</bdi>
        <span class={`status tone-${status?.tone ?? "failed"}`}>
          <Icon name={status?.icon ?? "cross"} />
          <span>
            {status === null ? say("broadcast.notSent") : say(status.words)}
            {status?.at == null ? null : ` ${times.value.clockAfter(status.at, sentAt)}`}
          </span>
        </span>
      </a>
    </li>
  );
}
