/** The left pane: every tracker that can chat, and ways to find one. */
import type { JSX } from "preact";
import { signOut } from "../account.ts";
import { say } from "../language.ts";
import type { Entry, RosterFilter } from "../model/select.ts";
import { addressOf, openTracker } from "../route.ts";
import { dialog, entries, filter, model, session } from "../state.ts";
import { GroupSelect } from "./group-select.tsx";
import { Icon } from "./icons.tsx";
import { rosterControls } from "./list-controls.ts";
import { Mark } from "./mark.tsx";
import { RosterRow } from "./roster-row.tsx";
import { VirtualList } from "./virtual-list.tsx";

const ROW_PX = 68;

export function Roster(): JSX.Element {
  return (
    <nav class="roster" aria-label={say("roster.title")}>
      <Bar />
      <Filters />
      <Rows />
    </nav>
  );
}

function Bar(): JSX.Element {
  return (
    <div class="bar">
      <a class="brand" href={addressOf({ type: "home" })}>
        <Mark />
        <span class="unseen">{say("home")}: </span>
        <span class="account">{session.value?.user.login}</span>
      </a>
      <a class="tool" href={addressOf({ type: "broadcast", key: null })} title={say("broadcast.title")} aria-label={say("broadcast.title")}>
        <Icon name="broadcast" />
      </a>
      <Tool name="settings" label={say("settings.title")} onClick={() => (dialog.value = "settings")} />
      <Tool name="help" label={say("help.title")} onClick={() => (dialog.value = "help")} />
      <Tool name="out" label={say("signOut")} onClick={signOut} />
    </div>
  );
}

interface ToolProps {
  readonly name: "settings" | "help" | "out";
  readonly label: string;
  readonly onClick: () => void;
}

function Tool({ name, label, onClick }: ToolProps): JSX.Element {
  return (
    <button class="tool" type="button" title={label} aria-label={label} onClick={onClick}>
      <Icon name={name} />
    </button>
  );
}

function Filters(): JSX.Element {
  const { search, group } = filter.value;
  return (
    <search class="filters">
      <label class="search">
        <Icon name="search" />
        <input
          id="search"
          type="search"
          value={search}
          placeholder={say("roster.search")}
          aria-label={say("roster.search")}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => change({ search: currentTarget.value })}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      <fieldset class="segments" aria-label={say("roster.show")}>
        {(["all", "unread", "online"] as const).map((show) => (
          <button key={show} type="button" aria-pressed={filter.value.show === show} onClick={() => change({ show })}>
            {say(`roster.${show}`)}
          </button>
        ))}
        <GroupSelect group={group} onChange={(chosen) => change({ group: chosen })} />
      </fieldset>
    </search>
  );
}

function change(part: Partial<RosterFilter>): void {
  filter.value = { ...filter.value, ...part };
}

function Rows(): JSX.Element {
  const shown = entries.value;
  if (!model.value.loaded) return <p class="empty">{say("conversation.loading")}</p>;
  if (shown.length === 0) return <p class="empty">{say(model.value.trackers.size === 0 ? "roster.nobody" : "roster.noMatch")}</p>;
  const open = openTracker();
  return (
    <VirtualList items={shown} keyOf={keyOf} estimate={rowHeight} anchor="start" label={say("roster.title")} controls={rosterControls}>
      {({ tracker, row }) => <RosterRow tracker={tracker} row={row} isOpen={tracker.id === open} />}
    </VirtualList>
  );
}

function keyOf({ tracker }: Entry): number {
  return tracker.id;
}

function rowHeight(): number {
  return ROW_PX;
}
