/** Under the composer: how large the text is for this device, and what its driver would not see. */
import type { JSX } from "preact";
import type { Capabilities } from "../calls.ts";
import { say } from "../language.ts";
import { bytesOf } from "../model/bytes.ts";
import { Icon } from "./icons.tsx";

interface OutlookProps {
  readonly text: string;
  readonly known: Capabilities | undefined;
  readonly online: boolean;
  readonly most: number;
}

export function Outlook({ text, known, online, most }: OutlookProps): JSX.Element {
  const characters = [...text].length;
  return (
    <p class="outlook" id="outlook" aria-live="polite">
      {warning(text, known) ?? (online ? null : <span>{say("outlook.offline")}</span>)}
      {characters > most ? <strong class="tone-failed">{say("outlook.tooLong", { n: characters - most })}</strong> : null}
      <span class="size" aria-live="off">
        {text.trim() === "" ? null : sizeWords(text, known)}
      </span>
    </p>
  );
}

/** What the server said of an earlier state of the text is shown until it says something of this one. */
function warning(text: string, known: Capabilities | undefined): JSX.Element | null {
  if (known === undefined || text.trim() === "") return null;
  const lost = known.lost.filter((character) => text.includes(character));
  if (lost.length === 0) return null;
  const isAll = known.text === text && !known.sendable;
  return (
    <strong class="tone-doubtful lost">
      <Icon name="warning" />
      <span>
        {say(isAll ? "outlook.nothingLeft" : "outlook.lost", { n: lost.length })} <bdi>{lost.join(" ")}</bdi>
      </span>
    </strong>
  );
}

function sizeWords(text: string, known: Capabilities | undefined): string {
  const { charset = null, bytesPerPart = null } = known ?? {};
  if (charset === null) return say("outlook.characters", { n: [...text].length });
  const bytes = bytesOf(text, charset, known?.lost);
  const parts = known?.text === text && known.parts !== null ? known.parts : Math.ceil(bytes / (bytesPerPart ?? bytes));
  const size = say("outlook.bytes", { n: bytes });
  const of = bytesPerPart === null ? size : `${size} / ${bytesPerPart}`;
  return parts > 1 ? `${of} · ${say("outlook.parts", { n: parts })}` : of;
}
