/** What one setting is. */

/** `fallback` is the text that stands for an absent setting; null: none. */
export interface Setting<T = unknown> {
  readonly parse: (text: string) => T;
  readonly fallback: string | null;
  readonly meaning: string;
}

export function setting<T, F extends string | null>(
  parse: (text: string) => T,
  fallback: F,
  meaning: string,
): Setting<T> & { readonly fallback: F } {
  return { parse, fallback, meaning };
}
