/**
 * One tracker, its store, a few lines of its device on one or two nodes, and every step of each as an action of its own:
 * the real session and the real store semantics, without any clock or chance.
 */
import type { MessageState } from "../../../src/chat/message.ts";
import type { DrainRequest, MessageStore } from "../../../src/chat/ports.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Playable } from "./explore.ts";
import { StageLine } from "./stage-line.ts";
import { type ActionKind, type StageOptions, type StageWorld, TRACKER } from "./stage-world.ts";

const BEGIN = 1_800_000_000_000;
const WEEK_MS = 7 * 24 * 60 * 60_000;
/** Steps of one line between two looks at the whole. */
const STEPS = 40;
/** What need not reach the device any more. */
const OVER: ReadonlySet<MessageState> = new Set(["delivered", "read", "answered", "rejected", "unconfirmed", "expired", "dead-lettered"]);

const GIVEN_UP: ReadonlySet<MessageState> = new Set(["unconfirmed", "expired", "dead-lettered"]);

export class Stage implements Playable, StageWorld {
  now = 0;
  wrong: string | null = null;
  readonly store: MessageStore;
  readonly options: StageOptions;
  readonly #lines: StageLine[] = [];
  #mail: { readonly node: string; readonly epoch: number }[] = [];
  readonly #left: Record<string, number>;
  /** What the store was asked, in order: it decides what it will answer. */
  readonly #asked: string[] = [];
  readonly #ids: number[] = [];
  /** Texts in the order in which they first reached the device. */
  readonly #arrived: number[] = [];
  /** Texts that first came after a later one. */
  #late: number[] = [];
  readonly #acknowledged = new Set<number>();
  #epoch = 0;

  constructor(options: StageOptions) {
    const memory = new MemoryStore(() => BEGIN + this.now);
    this.store = options.scripts?.(memory) ?? memory;
    this.options = options;
    this.#left = { ...options.bounds };
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    if (options.proven) await stage.#prove();
    for (let text = 0; text < options.ready; text += 1) await stage.#submit();
    return stage;
  }

  actions(): readonly string[] {
    const { nodes, texts } = this.options;
    const actions = [
      ...nodes.flatMap((node) => [`connect ${node}`, `sweep ${node}`]),
      ...(this.#ids.length < texts ? ["submit"] : []),
      ...this.#mail.flatMap((_, at) => [`mail ${at}`, `lose ${at}`]),
      ...this.#lines.flatMap((line, at) => line.actions().map((kind) => `${kind} ${at}`)),
    ];
    return actions.filter((action) => (this.#left[kindOf(action)] ?? 0) > 0);
  }

  async perform(action: string): Promise<void> {
    const kind = kindOf(action);
    const [, target = ""] = action.split(" ");
    this.#left[kind] = (this.#left[kind] ?? 0) - 1;
    if (kind === "connect") this.#connect(target);
    else if (kind === "submit") await this.#submit();
    else if (kind === "mail" || kind === "lose") this.#deliver(Number(target), kind === "mail");
    else if (kind === "sweep") await this.#sweep(target);
    else await this.#lines[Number(target)]?.perform(kind);
    if (this.options.promptStore) await this.#settle();
    await this.#check();
  }

  fingerprint(): string {
    const { texts } = this.options;
    return JSON.stringify([
      this.now,
      texts - this.#ids.length,
      this.#left,
      this.#mail,
      this.#asked,
      this.#lines.map((line) => line.fingerprint()),
      this.#arrived,
      [...this.#acknowledged],
    ]);
  }

  /** From here on nothing is lost: the device stays on one line, receives and acknowledges; time passes. */
  async finish(): Promise<string | null> {
    const by = this.now + this.options.patienceMs;
    this.#mail = [];
    for (const line of this.#lines) line.leave();
    while (this.now <= by) {
      const line = this.#lines.find((one) => one.alive) ?? this.#connect(this.options.nodes[0] ?? "");
      await this.#goWell(line);
      await this.#check();
      if (this.wrong !== null || (await this.#missing()).length === 0) return this.wrong;
      if (this.options.sweeps) line.hint();
      await this.#settle();
      if (!(await line.goWell())) line.timeout();
    }
    return `message ${(await this.#missing()).join()} did not reach the device in time`;
  }

  async #goWell(line: StageLine): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) {
      await this.#settle();
      if (!(await line.goWell())) return;
    }
  }

  // What lines ask of their surroundings.

  async ask(question: string, work: () => Promise<unknown>): Promise<void> {
    this.#asked.push(question);
    await work();
  }

  loggedIn(epoch: number): void {
    if (epoch <= this.#epoch) this.fail(`epoch ${epoch} after ${this.#epoch}`);
    this.#epoch = epoch;
  }

  claimed(request: DrainRequest, texts: readonly { readonly id: number; readonly attempt: number }[]): void {
    if (texts.length > 0 && request.epoch !== this.#epoch) this.fail(`a claim under ${request.epoch}, owned under ${this.#epoch}`);
    const most = this.options.protocol.capabilities.attempts;
    for (const { id, attempt } of texts) if (attempt > most) this.fail(`message ${id} is handed out ${attempt} times`);
  }

  hinted(node: string, epoch: number): void {
    this.#mail.push({ node, epoch });
  }

  reached(id: number): void {
    if (this.#arrived.includes(id)) return;
    if (this.#arrived.some((earlier) => earlier > id)) this.#late.push(id);
    this.#arrived.push(id);
  }

  acknowledged(id: number): void {
    this.#acknowledged.add(id);
  }

  fail(what: string): void {
    this.wrong ??= what;
  }

  #connect(node: string): StageLine {
    const line = new StageLine(this, node);
    // A second login on the same node displaces the first as soon as it is in.
    this.#lines.push(line);
    return line;
  }

  displace(node: string, epoch: number): void {
    for (const line of this.#lines) if (line.node === node && line.alive && line.epoch !== 0 && line.epoch < epoch) line.end();
  }

  async #submit(): Promise<void> {
    const text = `t${this.#ids.length + 1}`;
    const draft = { trackerId: TRACKER, text, employeeId: null, urgent: false, altered: false, ttlMs: WEEK_MS, rejected: null };
    await this.ask(`submit ${text}`, async () => {
      const submitted = await this.store.submit(draft);
      if (submitted.type !== "stored") return;
      this.#ids.push(submitted.id);
      if (submitted.owner !== null) this.hinted(submitted.owner.node, submitted.owner.epoch);
    });
  }

  async #prove(): Promise<void> {
    const { epoch } = await this.store.login({ trackerId: TRACKER, node: "before", protocol: "before" });
    const claim = { trackerId: TRACKER, epoch, held: [], room: 0, maxAttempts: 1, tagBytes: 10 };
    await this.store.drain({ ...claim, settlements: [{ type: "proven" }] });
    await this.store.logout(TRACKER, epoch);
    this.#epoch = epoch;
  }

  #deliver(at: number, arrives: boolean): void {
    const [mail] = this.#mail.splice(at, 1);
    if (mail === undefined || !arrives) return;
    for (const line of this.#lines) {
      if (line.node !== mail.node || !line.alive || line.epoch === 0) continue;
      if (mail.epoch > line.epoch) line.end();
      else line.hint();
    }
  }

  async #sweep(node: string): Promise<void> {
    const { ids } = await this.store.outbox(TRACKER);
    if (ids.length > 0) for (const line of this.#lines) if (line.node === node && line.alive) line.hint();
  }

  /** Everything that was asked of the store is done and answered. */
  async #settle(): Promise<void> {
    for (let busy = true; busy; ) {
      busy = false;
      for (const line of this.#lines) while (await line.dialogue()) busy = true;
    }
  }

  async #check(): Promise<void> {
    for (const late of await this.store.find(this.#late)) {
      // What had been given up before may still drip from an older line.
      if (late !== null && !GIVEN_UP.has(late.state)) this.fail(`message ${late.id} first came after a later one`);
    }
    this.#late = [];
    for (const message of await this.store.find(this.#ids)) {
      if (message?.updatedAt != null && !this.#acknowledged.has(message.id))
        this.fail(`message ${message.id} is ${message.state} without its receipt`);
    }
  }

  async #missing(): Promise<readonly number[]> {
    const messages = await this.store.find(this.#ids);
    return messages.flatMap((message) =>
      message === null || OVER.has(message.state) || this.#arrived.includes(message.id) ? [] : [message.id],
    );
  }

  /** The message that a frame carries. */
  idOf(frame: string): number {
    const text = frame.split(" ").at(-1) ?? "";
    return this.#ids[Number(text.slice(1)) - 1] ?? 0;
  }
}

function kindOf(action: string): ActionKind {
  return action.split(" ")[0] as ActionKind;
}
