/** The two long lists of the page, for those who move in them by keys. */
import type { ListControls } from "./virtual-list.tsx";

export const rosterControls: { current: ListControls | null } = { current: null };
export const messagesControls: { current: ListControls | null } = { current: null };
