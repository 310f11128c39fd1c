/** The list of the roster, for those who move in it by keys. */
import type { ListControls } from "./virtual-list.tsx";

export const rosterControls: { current: ListControls | null } = { current: null };
