/** Uses up most of a tracker's 16-bit tags before a run, so that they wrap within its first texts. */
import type { MessageStore } from "../../src/chat/ports.ts";

const LAST_TAG = 0xffff;
const TEXT = "x";

/** The next text of this tracker gets the tag `left` below the last one. */
export async function burnTags(store: MessageStore, trackerId: number, left: number): Promise<void> {
  const draft = { trackerId, text: TEXT, employeeId: null, urgent: false, altered: false, ttlMs: 60_000, rejected: null };
  await store.submit(draft);
  const { epoch } = await store.login({ trackerId, node: "before", protocol: "before" });
  const claim = { trackerId, epoch, settlements: [], held: [], room: 1, maxAttempts: 1, tagBytes: (2 * TEXT.length) / (LAST_TAG - left) };
  const drained = await store.drain(claim);
  const [text] = drained.type === "drained" ? drained.texts : [];
  if (text === undefined) throw new Error("the tags could not be used up");
  await store.drain({ ...claim, settlements: [{ type: "unconfirmed", id: text.id }], room: 0 });
  await store.logout(trackerId, epoch);
}
