/** What a question lets its driver choose from. */
import type { JSX } from "preact";
import { say } from "../language.ts";

export function Choices({ choices }: { readonly choices: readonly string[] }): JSX.Element | null {
  if (choices.length === 0) return null;
  return (
    <ul class="choices" aria-label={say("message.choices")}>
      {choices.map((choice) => (
        <li key={choice}>
          <bdi>{choice}</bdi>
        </li>
      ))}
    </ul>
  );
}
