/** What stands where a conversation will be. */
import type { JSX } from "preact";
import { say } from "../language.ts";
import { addressOf } from "../route.ts";
import { model, unread } from "../state.ts";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";

export function Welcome(): JSX.Element {
  return (
    <section class="welcome">
      <Mark />
      <h1>{say("welcome.title")}</h1>
      <p class="hint">{model.value.loaded ? <Summary /> : say("conversation.loading")}</p>
      <p class="keys">
        <kbd>j</kbd>
        <kbd>k</kbd> {say("welcome.move")} <kbd>n</kbd> {say("welcome.next")} <kbd>?</kbd> {say("welcome.help")}
      </p>
      <a class="button" href={addressOf({ type: "broadcast", key: null })}>
        <Icon name="broadcast" />
        {say("broadcast.title")}
      </a>
    </section>
  );
}

function Summary(): JSX.Element {
  const online = [...model.value.rows.values()].filter(({ presence }) => presence.online).length;
  return (
    <>
      {say("welcome.online", { n: online })} {unread.value > 0 ? say("welcome.unread", { n: unread.value }) : say("welcome.read")}
    </>
  );
}
