/** The answers that a question offers: yes and no at first, others by choice. */
import type { JSX } from "preact";
import { say } from "../language.ts";
import { Icon } from "./icons.tsx";

/** As the API bounds them. */
const CHOICES = { most: 10, characters: 50 };

interface ChoicesEditorProps {
  readonly choices: readonly string[];
  readonly onChange: (choices: readonly string[]) => void;
  /** Back to the text, by Esc. */
  readonly onLeave: () => void;
}

export function ChoicesEditor({ choices, onChange, onLeave }: ChoicesEditorProps): JSX.Element {
  return (
    <fieldset
      class="choices-editor"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        onLeave();
      }}
    >
      <legend>{say("choices.title")}</legend>
      {choices.map((choice, index) => (
        <span class="choice-field" key={index}>
          <input
            type="text"
            dir="auto"
            value={choice}
            maxLength={CHOICES.characters}
            aria-label={say("choices.number", { n: index + 1 })}
            onInput={({ currentTarget }) => onChange(choices.with(index, currentTarget.value))}
          />
          <button
            class="tool"
            type="button"
            disabled={choices.length <= 2}
            aria-label={say("choices.remove", { n: index + 1 })}
            onClick={() => onChange(choices.toSpliced(index, 1))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <button class="quiet" type="button" disabled={choices.length >= CHOICES.most} onClick={() => onChange([...choices, ""])}>
        <Icon name="add" />
        {say("choices.add")}
      </button>
    </fieldset>
  );
}

/** Those that have words, each once. */
export function usableChoices(choices: readonly string[]): readonly string[] {
  const words = choices.map((choice) => choice.trim()).filter(Boolean);
  const folded = words.map((word) => word.toLowerCase());
  return words.filter((_, index) => folded.indexOf(folded[index] ?? "") === index);
}
