/** Questions with fixed answers on devices that know only text: numbered going out, recognised coming back. */
import type { OpenQuestion } from "./session-io.ts";

/** "Arrived?" with yes and no becomes "Arrived?\n1. yes\n2. no". */
export function numberedText(text: string, choices: readonly string[]): string {
  return [text, ...choices.map((choice, index) => `${index + 1}. ${choice}`)].join("\n");
}

/** Which choice (from 0) a driver's words mean: its number, or the choice itself; null: something else. */
export function choiceMeant(words: string, { choices }: OpenQuestion): number | null {
  const number = /^[#(]?(\d{1,2})[.)]?$/u.exec(words.trim());
  if (number?.[1] !== undefined) {
    const choice = Number(number[1]) - 1;
    return choice >= 0 && choice < choices.length ? choice : null;
  }
  const said = fold(words);
  const index = choices.findIndex((choice) => fold(choice) === said);
  return index === -1 ? null : index;
}

function fold(words: string): string {
  return words.trim().normalize("NFC").toLowerCase();
}
