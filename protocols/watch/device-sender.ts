/** What a watch reports, one at a time where an answer is due: alarms and voice go out again until they are acknowledged. */
import type { DeviceSettings } from "./device-profile.ts";
import { escaped } from "./wire.ts";

/** An alarm or a voice message that nobody acknowledges goes out again after this long. */
export const RESEND_MS = 60_000;

export interface Report {
  readonly content: Buffer;
  /** Contents of which each acknowledges it; empty: nothing does. */
  readonly answers: readonly string[];
  /** The words in a voice message; null: it is none. */
  readonly text: string | null;
}

export class DeviceSender {
  #waiting: Report[] = [];
  #out: { readonly report: Report; readonly dueAt: number } | null = null;

  get deadline(): number | null {
    return this.#out?.dueAt ?? null;
  }

  add(report: Report): void {
    this.#waiting.push(report);
  }

  /** The line is a new one: what was not acknowledged goes out first. */
  restart(): void {
    if (this.#out !== null) this.#waiting.unshift(this.#out.report);
    this.#out = null;
  }

  /** What goes out now. */
  pump(now: number): readonly Buffer[] {
    const contents: Buffer[] = [];
    if (this.#out !== null && this.#out.dueAt <= now) this.restart();
    while (this.#out === null) {
      const report = this.#waiting.shift();
      if (report === undefined) break;
      contents.push(report.content);
      if (report.answers.length > 0) this.#out = { report, dueAt: now + RESEND_MS };
    }
    return contents;
  }

  /** The report that this content acknowledges; null: none. */
  answered(content: string): Report | null {
    const report = this.#out?.report ?? null;
    if (report === null || !report.answers.includes(content)) return null;
    this.#out = null;
    return report;
  }
}

export function positionReport({ positions }: DeviceSettings): Report {
  const content = Buffer.from(`${positions},${PLACE}`);
  // It takes its own word and the short one, as watches of both kinds would.
  return { content, answers: positions.startsWith("AL") ? [...new Set([positions, "AL"])] : [], text: null };
}

/** Stands in for sound: the words themselves, behind the mark of an AMR file. */
export function voiceReport(text: string): Report {
  return { content: Buffer.concat([Buffer.from("TK,"), escaped(Buffer.from(`#!AMR\n${text}`))]), answers: ["TK,1"], text };
}

/** With a network whose name has brackets and is not the last field. */
const PLACE =
  "010126,120000,A,22.570733,N,113.8626083,E,5.50,127.9,22.0,09,100,80,1000,0,00000010,1,255,460,0,9360,4082,131,1,[home],04:f0:21:46:1f:57,-55,12.5";
