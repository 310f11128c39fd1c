/** Whose conversation this is, and whether the device is there. */
import type { JSX } from "preact";
import { now } from "../clock.ts";
import { say } from "../language.ts";
import type { Row, Tracker } from "../model/model.ts";
import { addressOf } from "../route.ts";
import { deviceCapabilities, times } from "../state.ts";
import { openFinder } from "./finder.tsx";
import { Icon } from "./icons.tsx";

interface ConversationHeadProps {
  readonly tracker: Tracker;
  readonly row: Row;
}

export function ConversationHead({ tracker, row }: ConversationHeadProps): JSX.Element {
  const { online, protocol } = row.presence;
  const known = deviceCapabilities.value.get(tracker.id);
  return (
    <header class="head" data-online={online}>
      <a class="tool back" href={addressOf({ type: "home" })} aria-label={say("back")}>
        <Icon name="back" />
      </a>
      <span class="presence-shape" aria-hidden="true" />
      <div class="head-names">
        <h1>
          <bdi>{tracker.label}</bdi>
        </h1>
        <p class="hint">
          {tracker.driver === "" ? null : <bdi>{tracker.driver}</bdi>}
          <span class="presence">{presenceWords(row)}</span>
          {row.pending > 0 ? <span class="pending">{say("roster.pending", { n: row.pending })}</span> : null}
        </p>
      </div>
      <p class="head-device hint">
        {protocol === null ? null : <span>{protocol}</span>}
        {known?.receipt === "none" ? <span class="tone-doubtful">{say("device.noReceipts")}</span> : null}
      </p>
      <button class="tool" type="button" title={say("finder.open")} aria-label={say("finder.open")} onClick={openFinder}>
        <Icon name="search" />
      </button>
    </header>
  );
}

function presenceWords({ presence: { online, since } }: Row): string {
  if (since === null) return say(online ? "online" : "offline");
  const { dayOf, clock, full } = times.value;
  const time = dayOf(since) === dayOf(now.value) ? clock(since) : full(since);
  return say(online ? "onlineSince" : "offlineSince", { time });
}
