/** One text to many: who gets it, what it says, and a last look before it goes. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { MAX_RECIPIENTS } from "../calls.ts";
import { sendToAll } from "../conversations.ts";
import { freshKey } from "../keys.ts";
import { say } from "../language.ts";
import type { TrackerId } from "../model/message.ts";
import { type Entry, entriesOf } from "../model/select.ts";
import { filledIn } from "../model/templates.ts";
import { addressOf, go } from "../route.ts";
import { type BroadcastDraft, broadcastDraft, broadcasts, model, times } from "../state.ts";
import { hasKeys } from "../writing.ts";
import { Icon } from "./icons.tsx";
import { Recipients } from "./recipients.tsx";
import { templates } from "./template-picker.tsx";

const MOST_CHARACTERS = 20_000;
const EMPTY: BroadcastDraft = { key: "", chosen: new Set(), text: "" };

export function BroadcastPage(): JSX.Element {
  const { key, chosen, text } = broadcastDraft.value ?? EMPTY;
  const [step, setStep] = useState<"write" | "confirm" | "sending">("write");
  const isReady = chosen.size > 0 && chosen.size <= MAX_RECIPIENTS && text.trim() !== "" && [...text].length <= MOST_CHARACTERS;
  // Another key for another call: sending the same again after a failure sends nothing twice.
  const change = (part: Partial<BroadcastDraft>): void => {
    broadcastDraft.value = { chosen, text, ...part, key: freshKey() };
  };
  const send = async (): Promise<void> => {
    setStep("sending");
    if (!(await sendToAll(key, [...chosen], text))) return setStep("confirm");
    broadcastDraft.value = null;
    go({ type: "broadcast", key });
  };
  const changeIt = (): void => {
    setStep("write");
    // The button that has the focus goes; what gets it is drawn only now.
    requestAnimationFrame(() => document.getElementById(hasKeys() ? "broadcast-text" : "broadcast-title")?.focus());
  };
  return (
    <section class="broadcast" aria-labelledby="broadcast-title">
      <header class="head">
        <a class="tool back" href={addressOf({ type: "home" })} aria-label={say("back")}>
          <Icon name="back" />
        </a>
        <h1 id="broadcast-title" tabIndex={-1}>
          {say("broadcast.title")}
        </h1>
      </header>
      {step === "write" ? (
        <form
          class="broadcast-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) setStep("confirm");
          }}
        >
          <Recipients chosen={chosen} onChange={(next) => change({ chosen: next })} />
          <TextField text={text} onChange={(next) => change({ text: next })} />
          <footer class="broadcast-foot">
            <Recent />
            <button class="primary" type="submit" disabled={!isReady}>
              {say("broadcast.review", { n: chosen.size })}
            </button>
          </footer>
        </form>
      ) : (
        <Review chosen={chosen} text={text} isSending={step === "sending"} onBack={changeIt} onSend={() => void send()} />
      )}
    </section>
  );
}

function TextField({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }): JSX.Element {
  const values = { driver: "", tracker: "", time: times.value.clock(Date.now()) };
  // What differs from tracker to tracker cannot be in a text that is one for all.
  const fitting = templates().filter((template) => !/\{(?:driver|tracker)\}/u.test(template));
  return (
    <div class="field">
      <label for="broadcast-text">{say("broadcast.text")}</label>
      <textarea id="broadcast-text" rows={4} dir="auto" value={text} onInput={({ currentTarget }) => onChange(currentTarget.value)} />
      <p class="chips">
        {fitting.map((template) => (
          <button
            key={template}
            class="chip"
            type="button"
            onClick={() => onChange([text, filledIn(template, values)].filter(Boolean).join(" "))}
          >
            <bdi>{template}</bdi>
          </button>
        ))}
      </p>
    </div>
  );
}

interface ReviewProps {
  readonly chosen: ReadonlySet<TrackerId>;
  readonly text: string;
  readonly isSending: boolean;
  readonly onBack: () => void;
  readonly onSend: () => void;
}

function Review({ chosen, text, isSending, onBack, onSend }: ReviewProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  // Not the button: one Enter too many would send. A button that is disabled meanwhile loses the focus.
  useLayoutEffect(() => heading.current?.focus(), [isSending]);
  const entries = chosenEntries(chosen);
  const online = entries.filter(({ row }) => row.presence.online).length;
  return (
    <section class="review" aria-label={say("broadcast.confirm", { n: chosen.size })}>
      <h2 ref={heading} tabIndex={-1}>
        {say("broadcast.confirm", { n: chosen.size })}
      </h2>
      <blockquote class="text" dir="auto">
        {text}
      </blockquote>
      <p class="hint">
        {say("broadcast.online", { n: online })} {online < entries.length ? say("broadcast.offline", { n: entries.length - online }) : null}
      </p>
      <p class="chips">
        {entries.map(({ tracker, row }) => (
          <span key={tracker.id} class="chip" data-online={row.presence.online}>
            <span class="presence-shape" aria-hidden="true" />
            <bdi>{tracker.label}</bdi>
            <span class="unseen">{say(row.presence.online ? "online" : "offline")}</span>
          </span>
        ))}
      </p>
      <p class="actions">
        <button class="primary" type="button" disabled={isSending} onClick={onSend}>
          <Icon name="send" />
          {say(isSending ? "unsent.sending" : "broadcast.send", { n: chosen.size })}
        </button>
        <button class="quiet" type="button" disabled={isSending} onClick={onBack}>
          {say("broadcast.change")}
        </button>
      </p>
    </section>
  );
}

function chosenEntries(chosen: ReadonlySet<TrackerId>): readonly Entry[] {
  return entriesOf(model.value, { search: "", show: "all", group: null }).filter(({ tracker }) => chosen.has(tracker.id));
}

function Recent(): JSX.Element | null {
  if (broadcasts.value.length === 0) return null;
  return (
    <nav class="recent" aria-label={say("broadcast.recent")}>
      <h2>{say("broadcast.recent")}</h2>
      <ul>
        {broadcasts.value.map(({ key, text, sentAt }) => (
          <li key={key}>
            <a href={addressOf({ type: "broadcast", key })}>
              <time dateTime={times.value.iso(sentAt)}>{times.value.clock(sentAt)}</time> <bdi>{text}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
