/** What one entry of the dictionary is. Texts with a number have its plural forms. */

export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
export type Entry = { readonly en: string; readonly ru: string } | { readonly en: Forms; readonly ru: Forms };
