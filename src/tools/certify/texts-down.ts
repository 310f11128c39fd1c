/** Texts to the device: each passes when the device's own receipt came. */
import { isSettled } from "../../chat/message.ts";
import { capabilitiesUnder } from "../../core/index.ts";
import { type Exercise, type Finding, failed, type Gym, notApplicable, passed, since } from "./exercise.ts";

/** Letters of the scripts that charsets in use have, a dash, a sign and one beyond the 16-bit plane. */
const FOREIGN = "Größe, Привет, 你好, – € 🚚";
const LONG_PARTS = 3.5;
const LONG_CHARACTERS = 20_000;
const BURST = 5;

export const shortText: Exercise = { name: "text", run: (gym) => deliver(gym, [gym.phrase ?? "Certification: please confirm this text."]) };

export const longText: Exercise = {
  name: "long text",
  run: async (gym) => {
    if (isConsole(gym)) return notApplicable(COMMANDS_ONLY);
    const { bytesPerPart } = previewOf(gym, "-");
    const words = "This text is longer than one message of the protocol and goes out in parts. ";
    const text = words
      .repeat(LONG_CHARACTERS / words.length)
      .slice(0, Math.min(LONG_CHARACTERS, Math.ceil(bytesPerPart * LONG_PARTS)))
      .trim();
    const { parts } = previewOf(gym, text);
    return await deliver(gym, [text], `${text.length} characters in ${parts} parts`);
  },
};

export const foreignText: Exercise = {
  name: "non-ASCII text",
  run: async (gym) => {
    if (isConsole(gym)) return notApplicable(COMMANDS_ONLY);
    const { lost, charset } = previewOf(gym, FOREIGN);
    const text = [...FOREIGN]
      .filter((character) => !lost.includes(character))
      .join("")
      .trim();
    if (!/[^\x20-\x7e]/u.test(text)) return notApplicable(`its charset, ${charset}, has no such characters`);
    return await deliver(gym, [text], `"${text}" in ${charset}`);
  },
};

export const burst: Exercise = {
  name: `${BURST} texts at once`,
  run: (gym) =>
    deliver(
      gym,
      Array.from({ length: BURST }, (_, index) => gym.phrase ?? `Text ${index + 1} of ${BURST}.`),
      "in the order of sending",
    ),
};

export const whileAway: Exercise = {
  name: "reconnect, and a text that waited",
  run: async (gym) => {
    const { station, deviceMs } = gym;
    const cannot = cannotBeSent(gym);
    if (cannot !== null) return notApplicable(cannot);
    const start = performance.now();
    station.hangUp();
    if (!(await station.until(() => !station.online, deviceMs))) return failed("its line could not be closed");
    const id = await station.send(gym.phrase ?? "This text waited for you to come back.");
    gym.ask("the line was closed: the device must connect again by itself");
    if (!(await station.until(() => station.online, gym.personMs))) return failed(`it did not come back in ${gym.personMs / 1_000} s`);
    const back = since(start);
    const finding = await settled(gym, [id], "");
    return finding.verdict === "passed" ? passed(`back after ${back}, text confirmed ${since(start)} after the line was closed`) : finding;
  },
};

/** Sends texts and waits for the device's receipts. */
async function deliver(gym: Gym, texts: readonly string[], note = ""): Promise<Finding> {
  const cannot = cannotBeSent(gym);
  if (cannot !== null) return notApplicable(cannot);
  const ids: number[] = [];
  for (const text of texts) ids.push(await gym.station.send(text));
  return await settled(gym, ids, note);
}

function isConsole({ protocol, profile }: Gym): boolean {
  return capabilitiesUnder(protocol, profile).textDown === "console";
}

/** Why nothing can be said to this device; null: something can. */
function cannotBeSent(gym: Gym): string | null {
  const { protocol, profile, phrase } = gym;
  if (capabilitiesUnder(protocol, profile).textDown === "none") return "this protocol carries no texts to the device";
  if (!isConsole(gym)) return null;
  if (profile["console"] !== true) return "its profile does not open the console";
  return phrase === null ? `${COMMANDS_ONLY}: give a harmless one with --text` : null;
}

const COMMANDS_ONLY = "a console takes commands, not texts";

async function settled(gym: Gym, ids: readonly number[], note: string): Promise<Finding> {
  const { station } = gym;
  const start = performance.now();
  const messages = async () => await Promise.all(ids.map((id) => station.message(id)));
  const patience = gym.deviceMs * ids.length;
  await station.until(async () => (await messages()).every((message) => message !== null && isSettled(message.state)), patience);
  const states = await messages();
  const bad = states.find((message) => message === null || !["delivered", "read", "answered"].includes(message.state));
  if (bad !== undefined) return failed(`${bad?.state ?? "lost"}${bad?.reason ? ` (${bad.reason})` : ""} after ${since(start)}`);
  if (states.some((message) => message?.receipt === "implied"))
    return passed(`${said(note)}implied by the order of bytes, not by a receipt`);
  return passed(`${said(note)}confirmed by the device in ${since(start)}`);
}

function said(note: string): string {
  return note === "" ? "" : `${note}; `;
}

function previewOf({ protocol, profile }: Gym, text: string): ReturnType<Gym["protocol"]["preview"]> {
  return protocol.preview(text, profile);
}
