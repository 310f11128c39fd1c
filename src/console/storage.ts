/** What is kept in the browser. A browser may refuse to keep anything: then it is forgotten with the page. */

export type Place = "tab" | "browser";

const PREFIX = "tracker-chat:";

/** Null: nothing is kept, or nothing that can be read. */
export function recall(place: Place, name: string): unknown {
  try {
    const text = storageOf(place).getItem(PREFIX + name);
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** `value` null: forgets it. */
export function keep(place: Place, name: string, value: unknown): void {
  try {
    if (value === null) storageOf(place).removeItem(PREFIX + name);
    else storageOf(place).setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full, or forbidden.
  }
}

/** Calls `act` when another tab has changed what the browser keeps there. Gives what ends it. */
export function hearKept(name: string, act: () => void): () => void {
  const hear = ({ key }: StorageEvent): void => {
    // Without a key everything was forgotten.
    if (key === null || key === PREFIX + name) act();
  };
  addEventListener("storage", hear);
  return () => removeEventListener("storage", hear);
}

function storageOf(place: Place): Storage {
  return place === "tab" ? sessionStorage : localStorage;
}
