/** A list of texts to insert, opened by its button, by Ctrl+', or by "/" in an empty composer. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { say } from "../language.ts";
import { latinKey } from "../latin-key.ts";
import { prefs } from "../prefs.ts";

export interface Picker {
  readonly isOpen: boolean;
  readonly activeId: string | undefined;
  readonly shown: readonly string[];
  readonly active: number;
  toggle(): void;
  close(): void;
  pick(template: string): void;
  /** True: the key was for the list. */
  press(event: KeyboardEvent): boolean;
}

/** The chosen templates, or the language's own. */
export function templates(): readonly string[] {
  return prefs.value.templates ?? [say("templates.where"), say("templates.call"), say("templates.task")];
}

/** `texts`: the templates, filled in. */
export function useTemplatePicker(draft: string, texts: readonly string[], insert: (text: string) => void): Picker {
  const [isAsked, setAsked] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const [chosen, setActive] = useState(0);
  const typed = draft.startsWith("/") && !draft.includes("\n") ? draft.slice(1).toLowerCase() : null;
  const shown = texts.filter((text) => text.toLowerCase().includes(typed ?? ""));
  const active = Math.max(0, Math.min(chosen, shown.length - 1));
  const isOpen = shown.length > 0 && (isAsked || (typed !== null && !isRefused));
  useEffect(() => setActive(0), [typed]);
  useEffect(() => {
    if (typed === null) setRefused(false);
  }, [typed === null]);
  const close = (): void => {
    setAsked(false);
    setRefused(typed !== null);
  };
  const pick = (template: string): void => {
    setAsked(false);
    insert(template);
  };
  const press = (event: KeyboardEvent): boolean => {
    if (latinKey(event) === "'" && (event.ctrlKey || event.metaKey)) return handled(event, () => setAsked(!isOpen));
    if (!isOpen) return false;
    const move = (step: number): void => setActive((active + step + shown.length) % shown.length);
    const choose = (): void => pick(shown[active] ?? "");
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Escape: close,
      Enter: choose,
      Tab: choose,
    };
    const act = acts[event.key];
    return act === undefined ? false : handled(event, act);
  };
  return {
    isOpen,
    activeId: isOpen ? optionId(active) : undefined,
    shown,
    active,
    toggle: () => (isOpen ? close() : setAsked(true)),
    close,
    pick,
    press,
  };
}

export function TemplatePicker({ picker }: { readonly picker: Picker }): JSX.Element | null {
  const { isOpen, shown, active, pick, close } = picker;
  useLayoutEffect(() => {
    if (isOpen) document.getElementById(optionId(active))?.scrollIntoView({ block: "nearest" });
  }, [isOpen, active]);
  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = ({ target }: Event): void => {
      if (target instanceof Element && target.closest(".composer") === null) close();
    };
    addEventListener("pointerdown", closeOutside);
    return () => removeEventListener("pointerdown", closeOutside);
  }, [isOpen, close]);
  if (!isOpen) return null;
  return (
    <div class="popover" id="templates" role="listbox" aria-label={say("templates.title")}>
      {shown.map((template, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the composer, which names the active option.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the composer hears the keys.
        <div key={template} id={optionId(index)} role="option" aria-selected={index === active} onClick={() => pick(template)}>
          <bdi>{template}</bdi>
        </div>
      ))}
    </div>
  );
}

function optionId(index: number): string {
  return `template-${index}`;
}

function handled(event: KeyboardEvent, act: () => void): true {
  event.preventDefault();
  event.stopPropagation();
  act();
  return true;
}
