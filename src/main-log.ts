/** The process's logger: for people on a terminal, one JSON object a line otherwise. */
import { type Logger, pino } from "pino";
import { PinoPretty } from "pino-pretty";
import type { Config } from "./config.ts";

export function createLog(config: Config): Logger {
  const options = { level: config.logLevel, base: { node: config.nodeId } };
  if (!process.stdout.isTTY) return pino(options);
  // In this thread: a transport's last lines would be lost at the exit.
  return pino(options, PinoPretty({ colorize: true, ignore: "pid,hostname,node", sync: true, translateTime: "SYS:HH:MM:ss" }));
}
