/** An upstream server of the same protocol on virtual time: it takes everything, keeps a chat of its own, and may be away. */
import type { Profile, Protocol } from "../../src/core/index.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { StoredLine } from "./stored-line.ts";

export interface UpstreamPlan {
  readonly protocol: Protocol;
  readonly deviceId: string;
  /** Of the tracker at the upstream: without a `tee` of its own. */
  readonly profile: Profile;
  readonly clock: { readonly now: number };
}

export class PlayedUpstream {
  /** It takes connections, and says something. */
  reachable = true;
  mute = false;
  /** All that it was told, connection by connection. */
  readonly heard: Buffer[][] = [];
  readonly #plan: UpstreamPlan;
  #line: StoredLine | null = null;

  constructor(plan: UpstreamPlan) {
    this.#plan = plan;
  }

  /** Its end of the line that is open, or was last. */
  get line(): StoredLine {
    if (this.#line === null) throw new Error("nobody has called the upstream");
    return this.#line;
  }

  /** The gateway calls it for this line, which is told what comes of it. */
  async called(line: StoredLine): Promise<void> {
    if (!this.reachable) return await line.step({ type: "upstream", news: "down" });
    const { protocol, deviceId, profile, clock } = this.#plan;
    const store = new MemoryStore(() => clock.now);
    this.#line = new StoredLine({ protocol, deviceId, profile, password: null, store, clock });
    this.heard.push([]);
    await line.step({ type: "upstream", news: "up" });
  }

  async lost(line: StoredLine): Promise<void> {
    this.reachable = false;
    await line.step({ type: "upstream", news: "down" });
  }

  async back(line: StoredLine): Promise<void> {
    this.reachable = true;
    await this.called(line);
  }

  /** Gives what it says to this. */
  async hear(bytes: Buffer): Promise<readonly Buffer[]> {
    this.heard.at(-1)?.push(bytes);
    await this.line.step({ type: "bytes", chunk: Buffer.from(bytes) });
    return this.says();
  }

  /** A text of its own dispatcher. */
  async send(text: string): Promise<readonly Buffer[]> {
    await this.line.send(text);
    return this.says();
  }

  says(): readonly Buffer[] {
    const said = this.#line?.written.splice(0) ?? [];
    return this.mute ? [] : said;
  }
}
