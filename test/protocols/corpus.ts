/** Frames of real devices, when they lie beside this checkout. */
import { existsSync, readFileSync } from "node:fs";

/** A frame of a real device. */
export interface RealFrame {
  readonly dir: "up" | "down" | "framed";
  readonly hex: string;
  readonly source: string;
  readonly kind: string;
  readonly carries?: { readonly what: string; readonly text: string; readonly readable: boolean };
}

/** Frames of real devices, when they lie beside this checkout. */
export function corpusOf(name: string): { readonly there: boolean; readonly frames: readonly RealFrame[] } {
  const file = new URL(`../../../shared/corpus/${name}.jsonl`, import.meta.url);
  const there = existsSync(file);
  const lines = there ? readFileSync(file, "utf8").trim().split("\n") : [];
  if (!there) console.log(`${name}: no ../shared/corpus beside this checkout, its real frames are not replayed`);
  return { there, frames: lines.map((line) => JSON.parse(line) as RealFrame) };
}
