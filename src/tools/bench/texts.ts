/** Driver texts in bulk, through the product itself: one a frame as a driver sends them, or many a frame as a device that was out of reach does. */
import type { Socket } from "node:net";
import { lineExchange, POSITION } from "./load.ts";

export type Alphabet = "ASCII" | "Cyrillic";

const LENGTH = 60;
const TEXTS_PER_BATCH = 25;
/** A position with its extended fields, as far as its parameters. */
const RECORD = `${POSITION.slice("#SD#".length, -2)};NA;NA;NA;NA;NA;text:3:`;
const WORDS: Readonly<Record<Alphabet, readonly string[]>> = {
  // biome-ignore format: words read as lists
  ASCII: ["arrived", "loading", "at", "the", "gate", "waiting", "for", "papers", "traffic", "on", "ring", "road", "ramp", "two", "done", "next", "stop", "please", "confirm", "unloading"],
  // biome-ignore format: words read as lists
  Cyrillic: ["прибыл", "погрузка", "на", "склад", "ворота", "ожидаю", "бумаги", "пробка", "по", "дороге", "кольцо", "рампа", "два", "готово", "далее", "остановка", "прошу", "ответа", "выгрузка", "еду"],
};

/** Texts of 60 characters that differ: the same one again on the next line of a device would count as its re-send. */
export class Texts {
  readonly #words: readonly string[];
  #serial = 0;

  constructor(alphabet: Alphabet) {
    this.#words = WORDS[alphabet];
  }

  next(): string {
    this.#serial += 1;
    let text = String(this.#serial);
    for (let at = this.#serial; text.length < LENGTH; at = (at * 7 + 3) % 1_009) text += ` ${this.#words[at % this.#words.length]}`;
    // The last character is no space: one at the end of a text is not sure to be kept.
    return `${text.slice(0, LENGTH - 1)}.`;
  }

  frame(): string {
    return `#M#${this.next()}\r\n`;
  }

  batch(): string {
    return `#B#${Array.from({ length: TEXTS_PER_BATCH }, () => `${RECORD}${this.next()}`).join("|")}|\r\n`;
  }
}

/** Sends `count` texts, one a frame and one frame outstanding a line; ends when the last is acknowledged. */
export async function sendTexts(lines: readonly Socket[], texts: Texts, count: number): Promise<void> {
  await sendFrames(lines, () => texts.frame(), count);
}

/** The same in batches: at least `count` texts, at most a batch more. Returns how many. */
export async function fillTexts(lines: readonly Socket[], texts: Texts, count: number): Promise<number> {
  const batches = Math.ceil(count / TEXTS_PER_BATCH);
  await sendFrames(lines, () => texts.batch(), batches);
  return batches * TEXTS_PER_BATCH;
}

function sendFrames(lines: readonly Socket[], frame: () => string, count: number): Promise<void> {
  const { answers } = lineExchange(frame);
  let [sent, answered] = [0, 0];
  return new Promise((resolve, reject) => {
    const ends = lines.map((socket) => {
      const next = (): void => {
        if (sent >= count) return;
        sent += 1;
        socket.write(frame());
      };
      const heard = (chunk: Buffer): void => {
        const heardNow = answers(chunk);
        answered += heardNow;
        if (answered >= count) finish(null);
        else if (heardNow > 0) next();
      };
      const closed = (): void => finish(new Error("a line was closed while texts were sent over it"));
      socket.on("data", heard);
      socket.on("close", closed);
      return { next, off: () => socket.off("data", heard).off("close", closed) };
    });
    const finish = (error: Error | null): void => {
      for (const { off } of ends) off();
      if (error === null) resolve();
      else reject(error);
    };
    for (const { next } of ends) next();
  });
}
