/** What a dispatcher chose for this browser. */
import { effect, signal } from "@preact/signals";
import { hearKept, keep, recall } from "./storage.ts";

export type Language = "en" | "ru";
export type Theme = "system" | "light" | "dark";

export interface Prefs {
  readonly language: Language;
  readonly theme: Theme;
  readonly sound: boolean;
  readonly notifications: boolean;
  /** Enter sends and Shift+Enter is a new line; else Ctrl+Enter sends. */
  readonly enterSends: boolean;
  /** Single letters are commands while nobody types. */
  readonly letterKeys: boolean;
  /** Null: the language's own. */
  readonly templates: readonly string[] | null;
}

const LANGUAGES: readonly Language[] = ["en", "ru"];
const THEMES: readonly Theme[] = ["system", "light", "dark"];

const PLACE = "prefs";

export const prefs = signal<Prefs>(readPrefs());

/** Keeps no more than what is chosen here: the rest may have been chosen in another tab. */
export function choose(part: Partial<Prefs>): void {
  keep("browser", PLACE, { ...keptPrefs(), ...part });
  prefs.value = { ...prefs.value, ...part };
}

/** Shows the language and the theme, and hears what is chosen in other tabs; once, at the start. */
export function followPrefs(root: HTMLElement): void {
  hearKept(PLACE, () => {
    prefs.value = readPrefs();
  });
  effect(() => {
    root.lang = prefs.value.language;
    root.dataset["theme"] = prefs.value.theme;
  });
}

function keptPrefs(): Partial<Record<keyof Prefs, unknown>> {
  const kept = recall("browser", PLACE);
  return typeof kept === "object" && kept !== null ? kept : {};
}

function readPrefs(): Prefs {
  const known = keptPrefs();
  const { templates } = known;
  return {
    language: LANGUAGES.find((language) => language === known.language) ?? spoken(),
    theme: THEMES.find((theme) => theme === known.theme) ?? "system",
    sound: known.sound === true,
    notifications: known.notifications === true,
    enterSends: known.enterSends !== false,
    letterKeys: known.letterKeys !== false,
    templates: Array.isArray(templates) ? templates.filter((text) => typeof text === "string") : null,
  };
}

/** The first language of the browser that the page speaks. */
function spoken(): Language {
  for (const tag of navigator.languages) {
    const language = LANGUAGES.find((known) => tag.toLowerCase().startsWith(known));
    if (language !== undefined) return language;
  }
  return "en";
}
