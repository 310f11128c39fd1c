/** The process's logger: for people on a terminal, one JSON object a line otherwise. */
import { Writable } from "node:stream";
import { type Logger, pino } from "pino";
import { PinoPretty } from "pino-pretty";
import type { Config } from "./config.ts";

/** Where the lines go. */
export interface LogOutput {
  readonly isTTY: boolean;
  write(text: string): void;
}

/** `output` absent: standard output. */
export function createLog(config: Pick<Config, "logLevel" | "nodeId">, output?: LogOutput): Logger {
  const options = { level: config.logLevel, base: { node: config.nodeId }, hooks: { streamWrite: visible } };
  const terminal = output ?? process.stdout;
  if (!terminal.isTTY) return output === undefined ? pino(options) : pino(options, output);
  // In this thread: a transport's last lines would be lost at the exit. What the line escaped is read, and so escaped again.
  const destination = new Writable({
    write: (text, _encoding, done) => {
      terminal.write(visible(String(text)));
      done();
    },
  });
  const look = { colorize: true, ignore: "pid,hostname,node", sync: true, translateTime: "SYS:HH:MM:ss", destination };
  return pino(options, PinoPretty(look));
}

/** As JSON has them: strangers choose parts of a line, and these steer terminals or reorder what one reads. JSON itself escapes the others. */
function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) =>
    [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}

const UNSEEN = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;
