/** Forms and queries: names and texts, percent-encoded UTF-8 (WHATWG URL, application/x-www-form-urlencoded). */

/** A text by name, or the list of texts of a name that is repeated. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/** A `%` that begins no escape. */
const STRAY_PERCENT = /%(?![0-9A-Fa-f]{2})/g;
/** A lone surrogate, which no field takes: escapes that are no UTF-8 stand for nothing that anybody wrote. */
const UNREADABLE = "\ud800";

/** Never throws: a text whose escapes are no UTF-8 becomes one that its field refuses by name. */
export function parseForm(text: string): FormFields {
  // Without a prototype, so that a name such as __proto__ is one like any other.
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decode(pair.slice(at + 1));
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (typeof known === "string") fields[name] = [known, value];
    else known.push(value);
  }
  return fields;
}

function decode(part: string): string {
  const spaced = part.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced.replaceAll(STRAY_PERCENT, "%25"));
  } catch {
    return UNREADABLE;
  }
}
