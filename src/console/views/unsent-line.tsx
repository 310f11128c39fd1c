/** A text that the server has not taken yet. */
import type { JSX } from "preact";
import { failureWords } from "../conversations.ts";
import { say } from "../language.ts";
import type { UnsentText } from "../model/unsent.ts";
import { discardText, retryText } from "../sending.ts";
import { Choices } from "./choices.tsx";
import { Icon } from "./icons.tsx";

export function UnsentLine({ unsent }: { readonly unsent: UnsentText }): JSX.Element {
  const { state, text, choices } = unsent;
  return (
    <article class="message out unsent" data-state={state.type}>
      <span class="unseen">{say("message.you")}: </span>
      <p class="text" dir="auto">
        {text}
      </p>
      <Choices choices={choices} />
      <p class="meta">
        <span class={`status tone-${state.type === "refused" ? "failed" : "waiting"}`}>
          <Icon name={state.type === "refused" ? "cross" : "clock"} />
          <span>{stateWords(unsent)}</span>
        </span>
        {state.type === "refused" || state.type === "waiting" ? (
          <>
            <button class="why" type="button" onClick={() => retryText(unsent)}>
              {say("unsent.retry")}
            </button>
            <button class="why" type="button" onClick={() => discardText(unsent)}>
              {say("unsent.discard")}
            </button>
          </>
        ) : null}
      </p>
    </article>
  );
}

function stateWords({ state }: UnsentText): string {
  switch (state.type) {
    case "sending":
    case "sent":
      return say("unsent.sending");
    case "waiting":
      return say("unsent.waiting");
    case "refused":
      return say("unsent.refused", { reason: failureWords(state.code) });
  }
}
