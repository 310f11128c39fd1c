/** Bytes outside of frames: framers may give them in tiny pieces, of which thousands fit into a chunk; one stretch is one note. */
import type { Framed } from "./framing.ts";
import type { Effect } from "./session-io.ts";
import type { Strikes } from "./strikes.ts";

type Piece = Extract<Framed, { kind: "noise" }>;

export class Noise {
  readonly #strikes: Strikes;
  /** Null on the many lines that never had any. */
  #pieces: Piece[] | null = null;

  constructor(strikes: Strikes) {
    this.#strikes = strikes;
  }

  heard(piece: Piece, out: Effect[]): void {
    this.#pieces ??= [];
    this.#pieces.push(piece);
    const ends: Effect[] = [];
    this.#strikes.noise(piece.bytes.length, ends);
    if (ends.length === 0) return;
    this.tell(out);
    out.push(...ends);
  }

  /** Notes the stretch that has come to its end, or to the end of what is here of it. */
  tell(out: Effect[]): void {
    const pieces = this.#pieces;
    if (pieces === null) return;
    this.#pieces = null;
    out.push({ type: "note", kind: "noise", reason: pieces[0]?.reason ?? "", bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)) });
  }
}
