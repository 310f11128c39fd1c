/** The page's words: from the dictionary, in the chosen language, with values and plurals filled in. */
import { DICTIONARY, type WordKey } from "./dictionary.ts";
import { prefs } from "./prefs.ts";
import type { Forms } from "./words/entry.ts";

export type Values = Readonly<Record<string, string | number>>;

/** A number named `n` chooses the plural form. */
export function say(key: WordKey, values: Values = {}): string {
  const { language } = prefs.value;
  const words: string | Forms = DICTIONARY[key][language];
  const text = typeof words === "string" ? words : formOf(words, Number(values["n"]), language);
  return text.replaceAll(/\{(\w+)\}/gu, (written, name: string) => String(values[name] ?? written));
}

function formOf(forms: Forms, n: number, language: string): string {
  return forms[new Intl.PluralRules(language).select(n)] ?? forms.other;
}
