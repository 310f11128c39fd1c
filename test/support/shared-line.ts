/** One line of the shared world at its node, and the device's end of it. */
import { LineChat, type LineOwner } from "../../src/chat/lines.ts";
import { type Effect, type Input, Session, type UnitLabel } from "../../src/core/index.ts";
import { failing } from "./failing-store.ts";
import { LIMITS } from "./rehearse.ts";
import type { Mail, SharedWorld, UnitName } from "./shared-world.ts";

interface Shown {
  readonly unit: string;
  readonly tag: string;
  readonly text: string;
}

interface Said {
  readonly unit: UnitName;
  readonly words: string;
}

export class SharedLine {
  readonly #world: SharedWorld;
  readonly #session: Session;
  readonly #chat: LineChat;
  readonly #owners = new Map<UnitLabel, LineOwner>();
  readonly #questions: Effect[] = [];
  #shown: Shown[] = [];
  /** What was said in a frame that is not answered yet. */
  readonly #frames = new Map<string, readonly Said[]>();
  #frame = 0;
  #open = true;

  constructor(world: SharedWorld, node: string) {
    this.#world = world;
    this.#session = new Session({ protocol: world.protocol, limits: LIMITS, now: world.now });
    this.#chat = new LineChat({
      store: failing(world.store, () => !world.up),
      directory: world.directory,
      outbox: { hint: (tracker, { epoch }) => Promise.resolve(world.newsOf(tracker, epoch)) },
      node,
      now: () => world.now,
      warn: () => undefined,
    });
    this.#say("K link");
  }

  get open(): boolean {
    return this.#open;
  }

  /** The store was asked something that it has not done yet. */
  get waits(): boolean {
    return this.#open && this.#questions.length > 0;
  }

  get showing(): boolean {
    return this.#open && this.#shown.length > 0;
  }

  /** Units say things, in one frame. */
  speak(units: readonly UnitName[]): void {
    const said = units.map((unit) => ({ unit, words: this.#world.words(unit) }));
    this.#frame += 1;
    this.#frames.set(`#${this.#frame}`, said);
    this.#tellFrame(`#${this.#frame}`, said);
  }

  /** The oldest frame that was not answered is said again. */
  repeat(): void {
    for (const [frame, said] of this.#frames) return this.#tellFrame(frame, said);
  }

  /** The device acknowledges what it was shown: the oldest, or the newest first. */
  acknowledge(newest: boolean): void {
    const shown = this.#open ? (newest ? this.#shown.pop() : this.#shown.shift()) : undefined;
    if (shown === undefined) return;
    this.#world.acknowledged.add(shown.text);
    this.#say(`!${shown.unit} A ${shown.tag}`);
  }

  /** A unit acknowledges a tag under which only another was shown something; at once, or it may be its own when it is read. */
  forge(unit: UnitName): void {
    if (this.#session.asking) return;
    const own = new Set(this.#shown.filter((shown) => shown.unit === unit).map((shown) => shown.tag));
    const other = this.#shown.find((shown) => shown.unit !== unit && !own.has(shown.tag));
    if (other !== undefined) this.#say(`!${unit} A ${other.tag}`);
  }

  hint(tracker: number, news: "text" | "withdrawal"): void {
    const unit = this.#labelOf(tracker);
    if (unit !== undefined) this.#tell({ type: "hint", unit, news });
  }

  mail({ tracker, epoch, newOwner }: Mail): void {
    const unit = this.#labelOf(tracker);
    const owner = this.#owners.get(unit);
    if (unit === undefined || owner === undefined) return;
    if (epoch > owner.epoch) this.#tell({ type: "leave", unit, reason: "taken-over" });
    else if (!newOwner) this.#tell({ type: "hint", unit, news: "text" });
  }

  tick(): void {
    this.#tell({ type: "tick" });
  }

  cut(): void {
    this.#tell({ type: "end", reason: "peer-closed", graceMs: 0 });
    this.#tell({ type: "tick" });
  }

  /** The store does the next thing that it was asked. */
  async execute(): Promise<void> {
    const effect = this.#questions.shift();
    if (effect?.type === "identify") await this.#identify(effect);
    if (effect?.type === "receive") await this.#receive(effect);
    if (effect?.type === "drain") await this.#drain(effect);
  }

  async #identify({ scope, key, password }: Extract<Effect, { type: "identify" }>): Promise<void> {
    const { protocol } = this.#world;
    const { verdict, epoch } = await this.#chat.identify({ scope, key, password }, { protocol, address: "", carrier: null });
    if (verdict.type === "accepted" && epoch !== null) {
      this.#owners.set(key, { identity: verdict.identity, protocol, epoch });
      this.#world.displace(verdict.identity.trackerId, epoch);
    }
    this.#tell({ type: "identified", verdict });
  }

  async #receive({ unit, texts, early }: Extract<Effect, { type: "receive" }>): Promise<void> {
    const owner = this.#owners.get(unit);
    if (owner !== undefined) this.#tell({ type: "received", verdict: await this.#chat.receive(owner, texts, early) });
  }

  async #drain(effect: Extract<Effect, { type: "drain" }>): Promise<void> {
    const { unit } = effect;
    const owner = this.#owners.get(unit);
    if (owner !== undefined) this.#tell({ type: "drained", unit, result: await this.#chat.drain(owner, effect) });
  }

  #tellFrame(frame: string, said: readonly Said[]): void {
    this.#say(`${frame} ${said.map(({ unit, words }) => `${unit} ${words}`).join("|")}`);
  }

  #labelOf(tracker: number): UnitLabel {
    for (const [unit, { identity }] of this.#owners) if (identity.trackerId === tracker) return unit;
    return undefined;
  }

  #say(line: string): void {
    this.#tell({ type: "bytes", chunk: Buffer.from(`${line}\n`) });
  }

  #tell(input: Input): void {
    if (!this.#open) return;
    for (const effect of this.#session.step(input, this.#world.now)) this.#take(effect);
  }

  #take(effect: Effect): void {
    if (effect.type === "write") for (const line of effect.bytes.toString().trim().split("\n")) this.#hear(line);
    else if (effect.type === "close") this.#open = false;
    else if (effect.type === "identify" || effect.type === "receive" || effect.type === "drain") this.#questions.push(effect);
  }

  /** What comes down the line. */
  #hear(line: string): void {
    const [word, first = "", second = "", ...rest] = line.split(" ");
    if (word === "M") this.#show({ unit: first, tag: second, text: rest.join(" ") });
    else if (word === "X") this.#shown = this.#shown.filter(({ unit, tag }) => unit !== first || tag !== second);
    else if (word === "R") this.#answered(first, line);
  }

  #show(shown: Shown): void {
    if (!shown.text.startsWith(shown.unit)) this.#world.fail(`${shown.unit} is shown ${shown.text}`);
    this.#shown.push(shown);
  }

  /** Whoever is told that all is well has its words stored. */
  #answered(frame: string, line: string): void {
    const said = this.#frames.get(frame) ?? [];
    this.#frames.delete(frame);
    for (const { unit, words } of said) if (line.includes(`${unit}=ok`)) this.#world.promised(unit, words.split(" ").slice(2).join(" "));
  }
}
