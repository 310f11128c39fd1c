/** The committed conversations of each protocol. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type Protocol, parseTranscript, type Transcript } from "../../src/core/index.ts";

export interface NamedTranscript {
  readonly file: string;
  readonly transcript: Transcript;
}

export function transcriptsOf(protocol: Protocol): readonly NamedTranscript[] {
  const folder = new URL(`../../fixtures/${protocol.name}/`, import.meta.url);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".transcript"));
  return files.map((file) => ({ file, transcript: parseTranscript(readFileSync(new URL(file, folder), "utf8")) }));
}
