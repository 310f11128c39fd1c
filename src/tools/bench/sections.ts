/** The parts of the suite, for the command line as well, which loads the suite only when it runs. */

/** What may be measured by itself. */
export const SECTIONS = [
  "idle",
  "positions",
  "incoming",
  "outgoing",
  "reads",
  "listeners",
  "workers",
  "nodes",
  "storm",
  "growth",
  "soak",
] as const;
export type Section = (typeof SECTIONS)[number];
/** What is measured unless asked otherwise: the soak takes an hour. */
export const USUAL_SECTIONS: readonly Section[] = SECTIONS.filter((section) => section !== "soak");
