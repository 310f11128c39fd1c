/** What was found once is kept, by protocol, and tried again by the tests: `fixtures/fuzz/<target>/<name>.json`. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../../src/core/index.ts";
import type { Probe, Question } from "./probe.ts";

export interface Case {
  readonly file: string;
  /** What happened before it was repaired. */
  readonly fault: string;
  readonly probe: Probe;
}

interface Written {
  readonly fault: string;
  readonly question: Question;
  readonly seed: number;
  readonly profile: Profile;
  /** Hex; `7878*100`: these bytes so many times. */
  readonly chunks: readonly string[];
}

const FOLDER = join(import.meta.dirname, "../../fixtures/fuzz");

export function casesOf(target: string, folder: string = FOLDER): readonly Case[] {
  const place = join(folder, target);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const { fault, question, seed, profile, chunks } = JSON.parse(readFileSync(join(place, file), "utf8")) as Written;
      return { file, fault, probe: { question, seed, profile, chunks: chunks.map(bytesOf) } };
    });
}

/** Gives the path of the new case. */
export function saveCase(target: string, fault: string, probe: Probe, folder: string = FOLDER): string {
  const { question, seed, profile, chunks } = probe;
  const said = (fault.split("\n")[0] ?? "").slice(0, 160);
  const written: Written = { fault: said, question, seed, profile, chunks: chunks.map(textOf) };
  const text = `${JSON.stringify(written, null, 2)}\n`;
  const name = `${question}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.json`;
  mkdirSync(join(folder, target), { recursive: true });
  writeFileSync(join(folder, target, name), text);
  return join(folder, target, name);
}

/** Floods are one block over and over; those are what is long. */
const LONGEST_BLOCK = 64;

function textOf(chunk: Buffer): string {
  for (let size = 1; size <= LONGEST_BLOCK && size * 2 <= chunk.length; size += 1) {
    const block = chunk.subarray(0, size);
    if (chunk.length % size === 0 && Buffer.alloc(chunk.length, block).equals(chunk))
      return `${block.toString("hex")}*${chunk.length / size}`;
  }
  return chunk.toString("hex");
}

function bytesOf(text: string): Buffer {
  const [hex = "", times = "1"] = text.split("*");
  const block = Buffer.from(hex, "hex");
  return Buffer.alloc(block.length * Number(times), block);
}
