/** One message of a conversation: its text, and how far it has come in shapes and in words. */
import type { JSX } from "preact";
import { showTimeline } from "../conversations.ts";
import { say } from "../language.ts";
import { isPending, type Message } from "../model/message.ts";
import { statusOf, whyNot } from "../model/status.ts";
import { times } from "../state.ts";
import { Choices } from "./choices.tsx";
import { Icon } from "./icons.tsx";

interface MessageLineProps {
  readonly message: Message;
  readonly joined: boolean;
  /** Its device is connected now. */
  readonly online: boolean;
  readonly driver: string;
  /** Of an answer: the text that it answers, where it is here. */
  readonly question: Message | null;
  /** Looked for, and this is it. */
  readonly isFound: boolean;
}

export function MessageLine({ message, joined, online, driver, question, isFound }: MessageLineProps): JSX.Element {
  const isOut = message.direction === "OUTGOING";
  return (
    <article class={`message ${isOut ? "out" : "in"} ${joined ? "joined" : ""} ${isFound ? "found" : ""}`} data-message={message.id}>
      <span class="unseen">{isOut ? say("message.you") : driver}: </span>
      {question === null ? null : (
        <p class="quote">
          <Icon name="reply" />
          <bdi>{question.text}</bdi>
        </p>
      )}
      <p class="text" dir="auto">
        {message.text}
      </p>
      <Choices choices={message.choices} />
      <p class="meta">
        <time dateTime={times.value.iso(message.submittedAt)} title={times.value.full(message.submittedAt)}>
          {times.value.clock(message.submittedAt)}
        </time>
        {isOut ? <Progress message={message} online={online} /> : null}
      </p>
    </article>
  );
}

function Progress({ message, online }: { readonly message: Message; readonly online: boolean }): JSX.Element {
  const { icon, words, tone, at } = statusOf(message.progress, online);
  const { reason, receipt, updatedAt } = message.progress;
  const acknowledged = updatedAt === null ? say("message.details") : say("message.acknowledged", { time: times.value.full(updatedAt) });
  const why = whyNot(message, online);
  return (
    <>
      <button class={`status tone-${tone}`} type="button" title={acknowledged} onClick={() => void showTimeline(message)}>
        <Icon name={icon} />
        <span>
          {say(words)}
          {at === null ? null : ` ${times.value.clockAfter(at, message.submittedAt)}`}
          {receipt === "implied" ? ` (${say("message.implied")})` : null}
          {reason === null || isPending(message) ? null : <bdi>: {reason}</bdi>}
        </span>
      </button>
      {message.progress.altered ? <span class="altered">{say("message.altered")}</span> : null}
      {why === null ? null : (
        <button class="why" type="button" onClick={() => void showTimeline(message)}>
          {say("message.why")}
        </button>
      )}
    </>
  );
}
