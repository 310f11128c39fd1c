/** Lines out of payloads: a carrier may cut a line, join several, or forward bytes of the port that are no text at all. */
import { ByteQueue, type CharsetName, decodeText } from "../../src/core/index.ts";
import { isText, MAX_LINE_BYTES } from "./grammar.ts";

export interface ReadText {
  readonly text: string;
  readonly lossy: boolean;
}

export class Lines {
  readonly #queue = new ByteQueue();
  readonly #charset: CharsetName;

  constructor(charset: CharsetName) {
    // What a terminal without our charset sends is most likely UTF-8.
    this.#charset = charset === "ascii" ? "utf8" : charset;
  }

  /** The whole lines there are now. What cannot become a text is dropped: the port also carries sensors. */
  read(payload: Buffer): readonly ReadText[] {
    this.#queue.push(payload);
    const lines: ReadText[] = [];
    for (let end = this.#queue.view().indexOf(LF); end !== -1; end = this.#queue.view().indexOf(LF)) {
      const bytes = this.#queue.take(end + 1);
      const line = decodeText(bytes.subarray(0, bytes[end - 1] === CR ? end - 1 : end), this.#charset);
      if (end <= MAX_LINE_BYTES && isText(line.text)) lines.push(line);
    }
    const rest = this.#queue.view();
    if (rest.length > MAX_LINE_BYTES || rest.some((byte) => byte < SPACE && byte !== TAB && byte !== CR)) this.#queue.take(rest.length);
    this.#queue.detach();
    return lines;
  }

  /** A line has begun and waits for its end. */
  get begun(): boolean {
    return this.#queue.length > 0;
  }

  /** What has begun is no line: the next payload does not continue it. */
  forget(): void {
    this.#queue.take(this.#queue.length);
  }
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
