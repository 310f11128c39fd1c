/** Choosing who gets a broadcast: a list to tick, and a chip for each who is chosen. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { MAX_RECIPIENTS } from "../calls.ts";
import { say } from "../language.ts";
import type { TrackerId } from "../model/message.ts";
import { type Entry, entriesOf, type RosterFilter } from "../model/select.ts";
import { model } from "../state.ts";
import { GroupSelect } from "./group-select.tsx";
import { Icon } from "./icons.tsx";
import { VirtualList } from "./virtual-list.tsx";

interface RecipientsProps {
  readonly chosen: ReadonlySet<TrackerId>;
  readonly onChange: (chosen: ReadonlySet<TrackerId>) => void;
}

const ROW_PX = 36;
/** Chips that are shown one by one. */
const SHOWN_CHIPS = 24;

export function Recipients({ chosen, onChange }: RecipientsProps): JSX.Element {
  const [filter, setFilter] = useState<RosterFilter>({ search: "", show: "all", group: null });
  // By name: a row that jumps to the top while somebody ticks is ticked by mistake.
  const shown = useMemo(() => entriesOf(model.value, filter).toSorted(byLabel), [model.value, filter]);
  const toggle = (id: TrackerId): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  const isEveryShown = shown.length > 0 && shown.every(({ tracker }) => chosen.has(tracker.id));
  const toggleShown = (): void => {
    const ids = shown.map(({ tracker }) => tracker.id);
    const others = [...chosen].filter((id) => !ids.includes(id));
    onChange(new Set(isEveryShown ? others : [...others, ...ids]));
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      // Else the browser sends the form off.
      event.preventDefault();
      const [only, ...others] = shown;
      if (only !== undefined && others.length === 0 && !chosen.has(only.tracker.id)) toggle(only.tracker.id);
    } else if (event.key === "Escape" && filter.search !== "") {
      event.preventDefault();
      event.stopPropagation();
      setFilter({ ...filter, search: "" });
    }
  };
  return (
    <fieldset class="recipients">
      <legend>{say("broadcast.recipients")}</legend>
      <Chips chosen={chosen} onRemove={toggle} onClear={() => onChange(new Set())} />
      <div class="recipients-filter">
        <label class="search">
          <Icon name="search" />
          <input
            type="search"
            value={filter.search}
            placeholder={say("roster.search")}
            aria-label={say("broadcast.search")}
            onInput={({ currentTarget }) => setFilter({ ...filter, search: currentTarget.value })}
            onKeyDown={press}
          />
        </label>
        <GroupSelect group={filter.group} onChange={(group) => setFilter({ ...filter, group })} />
        <button class="quiet" type="button" aria-pressed={isEveryShown} disabled={shown.length === 0} onClick={toggleShown}>
          {say(isEveryShown ? "broadcast.noneShown" : "broadcast.allShown", { n: shown.length })}
        </button>
      </div>
      <VirtualList
        class="recipients-list"
        items={shown}
        keyOf={keyOf}
        estimate={() => ROW_PX}
        anchor="start"
        label={say("broadcast.search")}
      >
        {(entry) => <Choice entry={entry} isChosen={chosen.has(entry.tracker.id)} onToggle={toggle} />}
      </VirtualList>
    </fieldset>
  );
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true });

function byLabel({ tracker: one }: Entry, { tracker: other }: Entry): number {
  return COLLATOR.compare(one.label, other.label) || one.id - other.id;
}

function keyOf({ tracker }: Entry): number {
  return tracker.id;
}

interface ChipsProps {
  readonly chosen: ReadonlySet<TrackerId>;
  readonly onRemove: (id: TrackerId) => void;
  readonly onClear: () => void;
}

function Chips({ chosen, onRemove, onClear }: ChipsProps): JSX.Element {
  const ids = [...chosen];
  return (
    <div class="chips" role="status">
      {ids.slice(0, SHOWN_CHIPS).map((id) => {
        const label = model.value.trackers.get(id)?.label ?? String(id);
        return (
          <span key={id} class="chip">
            <bdi>{label}</bdi>
            <button type="button" aria-label={say("broadcast.remove", { tracker: label })} onClick={() => onRemove(id)}>
              <Icon name="close" />
            </button>
          </span>
        );
      })}
      {ids.length > SHOWN_CHIPS ? <span class="chip">{say("broadcast.more", { n: ids.length - SHOWN_CHIPS })}</span> : null}
      {ids.length === 0 ? <span class="hint">{say("broadcast.nobody")}</span> : null}
      {ids.length > 1 ? (
        <button class="quiet" type="button" onClick={onClear}>
          {say("broadcast.clear")}
        </button>
      ) : null}
      {ids.length > MAX_RECIPIENTS ? <strong class="tone-failed">{say("broadcast.tooMany", { n: MAX_RECIPIENTS })}</strong> : null}
    </div>
  );
}

interface ChoiceProps {
  readonly entry: Entry;
  readonly isChosen: boolean;
  readonly onToggle: (id: TrackerId) => void;
}

function Choice({ entry: { tracker, row }, isChosen, onToggle }: ChoiceProps): JSX.Element {
  return (
    <label class="choice" data-online={row.presence.online}>
      <input type="checkbox" checked={isChosen} onChange={() => onToggle(tracker.id)} />
      <span class="presence-shape" aria-hidden="true" />
      <bdi>{tracker.label}</bdi>
      <span class="hint">
        <bdi>{tracker.driver}</bdi> <span class="presence">{say(row.presence.online ? "online" : "offline")}</span>
      </span>
    </label>
  );
}
