/** Where a text is written: its size in the device's own charset, what would be lost, and how it goes out. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { askCapabilities } from "../conversations.ts";
import { draftChoices, setDraft, setDraftChoices } from "../drafts.ts";
import { say } from "../language.ts";
import type { Row, Tracker } from "../model/model.ts";
import { filledIn } from "../model/templates.ts";
import { prefs } from "../prefs.ts";
import { sendText } from "../sending.ts";
import { deviceCapabilities, drafts, times } from "../state.ts";
import { hasKeys, isAwaited } from "../writing.ts";
import { ChoicesEditor, usableChoices } from "./choices-editor.tsx";
import { Icon } from "./icons.tsx";
import { Outlook } from "./outlook.tsx";
import { TemplatePicker, templates, useTemplatePicker } from "./template-picker.tsx";

interface ComposerProps {
  readonly tracker: Tracker;
  readonly row: Row;
}

/** Code points that the API takes. */
const MOST_CHARACTERS = 20_000;
/** After the last key, so that typing asks the server rarely. */
const ASK_AFTER_MS = 250;
const MOST_PX = 160;

export function Composer({ tracker, row }: ComposerProps): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const draft = drafts.value.get(tracker.id) ?? "";
  const choices = draftChoices.value.get(tracker.id) ?? null;
  const known = deviceCapabilities.value.get(tracker.id);
  const canText = known?.textDown !== "none";
  useOutlook(tracker.id, draft, row.presence.protocol);
  useFitting(area, draft);
  useLayoutEffect(() => {
    if (isAwaited(tracker.id)) area.current?.focus();
  }, []);
  const focus = (): void => area.current?.focus();
  const setChoices = (next: readonly string[] | null): void => setDraftChoices(tracker.id, next);
  const insert = (text: string): void => {
    setDraft(tracker.id, inserted(draft, text, area.current));
    focus();
  };
  const picker = useTemplatePicker(draft, templatesFor(tracker), insert);
  const asked = choices === null ? [] : usableChoices(choices);
  const isReady = draft.trim() !== "" && [...draft].length <= MOST_CHARACTERS && canText && (choices === null || asked.length > 1);
  const send = (): void => {
    if (!isReady) return;
    sendText(tracker.id, draft, asked);
    setDraft(tracker.id, "");
    setChoices(null);
    focus();
  };
  // The list hears the keys of the text field.
  const openTemplates = (): void => {
    picker.toggle();
    if (hasKeys()) focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || picker.press(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    if (!prefs.value.enterSends && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TemplatePicker picker={picker} />
      {choices === null ? null : <ChoicesEditor choices={choices} onChange={setChoices} onLeave={focus} />}
      <div class="composer-row">
        <button class="tool" type="button" title={say("templates.open")} aria-label={say("templates.open")} onClick={openTemplates}>
          <Icon name="template" />
        </button>
        {known?.choices === true ? <AskButton choices={choices} onChange={setChoices} /> : null}
        <textarea
          id="composer"
          ref={area}
          rows={1}
          dir="auto"
          value={draft}
          disabled={!canText}
          placeholder={canText ? say("composer.placeholder", { tracker: tracker.label }) : say("composer.noText")}
          aria-label={say("composer.label", { tracker: tracker.label })}
          aria-describedby="outlook"
          aria-controls={picker.isOpen ? "templates" : undefined}
          aria-activedescendant={picker.activeId}
          onInput={({ currentTarget }) => setDraft(tracker.id, currentTarget.value)}
          onKeyDown={press}
        />
        <button class="primary send" type="submit" disabled={!isReady} aria-label={say("composer.send")} title={say("composer.send")}>
          <Icon name="send" />
        </button>
      </div>
      <Outlook text={draft} known={known} online={row.presence.online} most={MOST_CHARACTERS} />
    </form>
  );
}

interface AskButtonProps {
  readonly choices: readonly string[] | null;
  readonly onChange: (choices: readonly string[] | null) => void;
}

/** Makes a question of the text, or a plain text again. */
function AskButton({ choices, onChange }: AskButtonProps): JSX.Element {
  return (
    <button
      class="tool"
      type="button"
      title={say("choices.ask")}
      aria-label={say("choices.ask")}
      aria-pressed={choices !== null}
      onClick={() => onChange(choices === null ? [say("choices.yes"), say("choices.no")] : null)}
    >
      <Icon name="ask" />
    </button>
  );
}

function templatesFor({ driver, label }: Tracker): readonly string[] {
  const values = { driver: driver || label, tracker: label, time: times.value.clock(Date.now()) };
  return templates().map((template) => filledIn(template, values));
}

/** Where the cursor is; the search for a template is replaced by it. */
function inserted(draft: string, text: string, area: HTMLTextAreaElement | null): string {
  if (area === null || draft.startsWith("/")) return text;
  return draft.slice(0, area.selectionStart) + text + draft.slice(area.selectionEnd);
}

/** Asks once what the device can do, and for each text how it would go out. */
function useOutlook(trackerId: number, text: string, protocol: string | null): void {
  useEffect(() => {
    const asked = text.trim() === "" ? "" : text;
    const timer = setTimeout(() => void askCapabilities(trackerId, asked), asked === "" ? 0 : ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [trackerId, text, protocol]);
}

/** As high as its text, up to a bound. */
function useFitting(area: { readonly current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, MOST_PX)}px`;
  }, [text]);
}
