/** Texts that are written often, with places for what changes. */

export interface TemplateValues {
  readonly driver: string;
  readonly tracker: string;
  readonly time: string;
}

export const PLACES = ["driver", "tracker", "time"] as const;
/** Bounds of what is kept in the browser. */
export const TEMPLATES = { most: 50, characters: 1_000 } as const;

/** `{driver}` and the like replaced; what is no place stays as it is written. */
export function filledIn(template: string, values: TemplateValues): string {
  return template.replaceAll(/\{(\w+)\}/gu, (written, name: string) => {
    const place = PLACES.find((known) => known === name);
    return place === undefined ? written : values[place];
  });
}

/** One a line, as they are edited; blank lines and what is too much are dropped. */
export function templatesOf(lines: string): readonly string[] {
  const texts = lines.split("\n").map((line) => line.trim().slice(0, TEMPLATES.characters));
  return [...new Set(texts.filter(Boolean))].slice(0, TEMPLATES.most);
}
