/** Walks one device through a conversation and says what it can do, in words that its maker can show. */
import type { NoteKind } from "../../core/index.ts";
import { type Exercise, type Finding, failed, type Gym, passed, since } from "./exercise.ts";
import { burst, foreignText, longText, shortText, whileAway } from "./texts-down.ts";
import { driverText, unheardText } from "./texts-up.ts";

export interface Certificate {
  readonly protocol: string;
  /** Null: no device came. */
  readonly deviceId: string | null;
  readonly started: string;
  readonly results: readonly Result[];
  readonly verdict: "passed" | "failed";
}

export type Result = { readonly exercise: string } & Finding;

const login: Exercise = {
  name: "login",
  run: async ({ station, personMs, ask }) => {
    const start = performance.now();
    ask(`waiting for the device on port ${station.port}`);
    const came = await station.until(() => station.online, personMs);
    const { strangers } = station.house;
    const others = strangers.size === 0 ? "" : `; refused: ${[...strangers].join(", ")}`;
    if (!came) return failed(`no device logged in within ${personMs / 1_000} s${others}`);
    return passed(`${station.house.tracker(1)?.deviceId} after ${since(start)}${others}`);
  },
};

/** Bytes that the protocol does not explain, over the whole walk. */
const cleanBytes: Exercise = {
  name: "every byte explained",
  run: ({ station, protocol }) => {
    const noted = (kind: NoteKind): number => station.counted("notes", `${protocol.name} ${kind}`);
    const [noise, bad, stray] = [noted("noise"), noted("bad-frame"), noted("stray-receipt")];
    const found = [`${noise} times noise`, `${bad} malformed frames`, `${stray} receipts of nothing`];
    return Promise.resolve(noise + bad + stray === 0 ? passed("no noise, no malformed frame, no stray receipt") : failed(found.join(", ")));
  },
};

const WALK: readonly Exercise[] = [shortText, longText, foreignText, burst, driverText, unheardText, whileAway, cleanBytes];

/** `told`: each result as soon as it is there. */
export async function certify(gym: Gym, told: (result: Result) => void): Promise<Certificate> {
  const started = new Date().toISOString();
  const results: Result[] = [];
  for (const exercise of [login, ...WALK]) {
    const result = { exercise: exercise.name, ...(await exercise.run(gym)) };
    results.push(result);
    told(result);
    if (exercise === login && result.verdict === "failed") break;
  }
  const verdict = results.some((result) => result.verdict === "failed") ? "failed" : "passed";
  return { protocol: gym.protocol.title, deviceId: gym.station.house.tracker(1)?.deviceId ?? null, started, results, verdict };
}

/** As a page to hand on. */
export function certificatePage({ protocol, deviceId, started, results, verdict }: Certificate, version: string): string {
  const rows = results.map(({ exercise, verdict: one, detail }) => `| ${exercise} | ${one} | ${detail.replaceAll("|", "\\|")} |`);
  const count = (wanted: string): number => results.filter((result) => result.verdict === wanted).length;
  return [
    `# ${protocol}: device ${deviceId ?? "none"}`,
    "",
    `${verdict === "passed" ? "Passed" : "Failed"} on ${started.slice(0, 10)} with tracker-chat ${version}: ${count("passed")} passed, ${count("failed")} failed, ${count("not tried")} not tried, ${count("not applicable")} not applicable.`,
    "",
    "| exercise | result | what happened |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
