/** What the codes of the answers mean (W11, W20). */

/** The title of each packet type. */
export const TITLES: ReadonlyMap<string, string> = new Map([
  ["L", "Login"],
  ["P", "Ping"],
  ["SD", "Short position"],
  ["D", "Position"],
  ["B", "Batch of positions"],
  ["M", "Text"],
  ["I", "Photo block"],
  ["IT", "Tachograph file announced"],
  ["T", "Tachograph file block"],
  ["US", "Firmware"],
  ["UC", "Configuration"],
  ["QI", "Photo asked for"],
  ["QT", "Tachograph file asked for"],
  ["AL", "Answer to a login"],
  ["AP", "Answer to a ping"],
  ["ASD", "Answer to a short position"],
  ["AD", "Answer to a position"],
  ["AB", "Answer to a batch"],
  ["AM", "Answer to a text"],
  ["AI", "Answer to a photo block"],
  ["AIT", "Answer to an announced tachograph file"],
  ["AT", "Answer to a tachograph file block"],
]);

const POSITION = {
  "-1": "wrong structure",
  "0": "wrong time",
  "1": "taken",
  "10": "wrong coordinates",
  "11": "wrong speed, course or altitude",
};
const BLOCK = { "1": "all taken", "0": "not taken", "01": "CRC error" };

const CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AL: { "1": "accepted", "0": "rejected", "01": "wrong password", "10": "CRC error" },
  ASD: { ...POSITION, "12": "wrong satellites", "13": "CRC error" },
  AD: {
    ...POSITION,
    "12": "wrong satellites or hdop",
    "13": "wrong inputs or outputs",
    "14": "wrong adc",
    "15": "wrong parameters",
    "16": "CRC error",
  },
  AB: { "": "CRC error" },
  AM: { "1": "accepted", "0": "refused", "01": "CRC error" },
  AI: BLOCK,
  AT: BLOCK,
  AIT: { "1": "taken", "0": "wrong structure", "01": "CRC error" },
};

/** The meaning of a code in an answer of this type; undefined where there is none. */
export function meaningOf(type: string, code: string): string | undefined {
  return CODES[type]?.[code];
}
