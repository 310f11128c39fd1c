/** Chooses one group of trackers, where an account has several. */
import type { JSX } from "preact";
import { say } from "../language.ts";
import { groups } from "../state.ts";

interface GroupSelectProps {
  /** Null: every group. */
  readonly group: number | null;
  readonly onChange: (group: number | null) => void;
}

export function GroupSelect({ group, onChange }: GroupSelectProps): JSX.Element | null {
  if (groups.value.length === 0) return null;
  return (
    <select
      aria-label={say("roster.group")}
      value={group === null ? "" : String(group)}
      onChange={({ currentTarget: { value } }) => onChange(value === "" ? null : Number(value))}
    >
      <option value="">{say("roster.everyGroup")}</option>
      {groups.value.map((id) => (
        <option key={id} value={String(id)}>
          {id === 0 ? say("roster.noGroup") : say("roster.groupNumber", { id })}
        </option>
      ))}
    </select>
  );
}
