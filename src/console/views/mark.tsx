/** The product's mark. */
import type { JSX } from "preact";

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="mark-body" d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z" />
      <path class="mark-line" d="m8 14.5 4 4 7-8M16 17.5l1 1 7-8" />
    </svg>
  );
}
