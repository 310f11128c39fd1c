/** One line of the stage: its session at the node, its requests on their way to the store, and its device's end. */
import type { DrainRequest } from "../../../src/chat/ports.ts";
import { type Effect, type Input, Session, type Standing } from "../../../src/core/index.ts";
import { LIMITS } from "../../support/rehearse.ts";
import { type ActionKind, type StageWorld, TRACKER } from "./stage-world.ts";

type Request =
  | { readonly type: "login" }
  | { readonly type: "drain"; readonly effect: Extract<Effect, { type: "drain" }>; readonly final: boolean }
  | { readonly type: "logout" };

const ACCEPTED = { trackerId: TRACKER, deviceId: "dev", profile: {}, secret: null } as const;

export class StageLine {
  readonly node: string;
  epoch = 0;
  readonly #stage: StageWorld;
  readonly #session: Session;
  /** Everything the session was told, with its time: it decides what the session will do. */
  readonly #told: string[] = [];
  #requests: Request[] = [];
  #replies: Input[] = [];
  /** Frames on their way to the device. */
  #down: string[] = [];
  /** Orders that the device has not answered, oldest first. */
  #unanswered: string[] = [];
  #lastAnswered: string | null = null;
  #open = true;
  /** The connection lives. */
  #connected = true;

  constructor(stage: StageWorld, node: string) {
    this.#stage = stage;
    this.node = node;
    this.#session = new Session({ protocol: stage.options.protocol, limits: LIMITS, now: stage.now });
    this.#bytes("L dev");
  }

  /** Both ends are there. */
  get alive(): boolean {
    return this.#open && this.#connected;
  }

  get busy(): boolean {
    return this.#requests.length > 0 || this.#replies.length > 0;
  }

  actions(): readonly ActionKind[] {
    const actions: ActionKind[] = [];
    if (this.#requests.length > 0) actions.push("exec");
    if (this.#replies.length > 0 && this.#open) actions.push("reply");
    if (this.#connected && this.#down.length > 0) actions.push("down");
    if (this.#connected && this.#unanswered.length > 0) actions.push("ack", "unheard", "skip");
    if (!this.alive) return actions;
    if (this.#lastAnswered !== null) actions.push("again");
    if (this.#session.deadline !== null) actions.push("timeout");
    return [...actions, "ping", "cut", "crash"];
  }

  async perform(kind: ActionKind): Promise<void> {
    if (kind === "exec") await this.#execute();
    else if (kind === "reply") this.#reply();
    else if (kind === "down") this.#receive();
    else if (kind === "ack") this.#answer(true);
    else if (kind === "unheard") this.#answer(false);
    else if (kind === "skip") this.#unanswered.shift();
    else if (kind === "again") this.#bytes(this.#lastAnswered ?? "P");
    else if (kind === "timeout") this.timeout();
    else if (kind === "ping") this.#bytes("P");
    else if (kind === "cut") this.#cut();
    else if (kind === "crash") this.#crash();
  }

  fingerprint(): unknown {
    return [
      this.node,
      this.#told,
      this.#requests,
      this.#replies,
      this.#down,
      this.#unanswered,
      this.#lastAnswered,
      this.#open,
      this.#connected,
    ];
  }

  hint(): void {
    this.#tell({ type: "hint" });
  }

  /** A newer line displaces this one. */
  end(): void {
    this.#tell({ type: "end", reason: "taken-over", graceMs: 0 });
  }

  /** Time passes until something is due on this line. */
  timeout(): void {
    const { deadline } = this.#session;
    if (deadline === null) return;
    this.#stage.now = Math.max(this.#stage.now, deadline);
    this.#tell({ type: "tick" });
  }

  /** What a node that died had asked is not done any more. */
  leave(): void {
    if (!this.#open && this.#replies.length === 0 && !this.#connected)
      this.#requests = this.#requests.filter(({ type }) => type !== "login");
  }

  /** One question and answer with the store; false: there was none. */
  async dialogue(): Promise<boolean> {
    if (this.#requests.length > 0) await this.#execute();
    else if (this.#replies.length > 0) this.#reply();
    else return false;
    return true;
  }

  /** The device receives and acknowledges; false: there was nothing. */
  async goWell(): Promise<boolean> {
    if (this.#down.length > 0) this.#receive();
    else if (this.#unanswered.length > 0) this.#answer(true);
    else return await this.dialogue();
    return true;
  }

  #receive(): void {
    const frame = this.#down.shift();
    if (frame === undefined) return;
    this.#stage.reached(this.#stage.idOf(frame));
    this.#unanswered.push(frame);
  }

  /** The device answers; an answer that is not heard is lost together with the line. */
  #answer(heard: boolean): void {
    const frame = this.#unanswered.shift();
    if (frame === undefined) return;
    this.#stage.acknowledged(this.#stage.idOf(frame));
    const [, tag, text] = frame.split(" ");
    this.#lastAnswered = text === undefined ? "A" : `A ${tag}`;
    if (heard) this.#bytes(this.#lastAnswered);
    else this.#cut();
  }

  #cut(): void {
    this.#connected = false;
    this.#down = [];
    this.#unanswered = [];
    this.#tell({ type: "end", reason: "peer-closed", graceMs: 0 });
  }

  /** The node dies: what it had asked of the store may still be done, nobody hears the answer. */
  #crash(): void {
    this.#connected = false;
    this.#open = false;
    this.#down = [];
    this.#unanswered = [];
    this.#replies = [];
    this.#told.push("crash");
  }

  #bytes(line: string): void {
    this.#tell({ type: "bytes", chunk: Buffer.from(`${line}\n`) });
  }

  #tell(input: Input): void {
    if (!this.#open) return;
    const said = input.type === "bytes" ? input.chunk.toString() : JSON.stringify(input);
    this.#told.push(`${this.#stage.now} ${said}`);
    const effects = this.#session.step(input, this.#stage.now);
    const last = effects.some(({ type }) => type === "close");
    for (const effect of effects) this.#perform(effect, last);
    if (last && this.epoch !== 0) this.#requests.push({ type: "logout" });
  }

  #perform(effect: Effect, last: boolean): void {
    if (effect.type === "write") {
      const frame = effect.bytes.toString().trim();
      if (frame.startsWith("M ") && this.#connected) this.#down.push(frame);
    } else if (effect.type === "identify") this.#requests.push({ type: "login" });
    else if (effect.type === "drain") this.#requests.push({ type: "drain", effect, final: last });
    else if (effect.type === "close") this.#open = false;
  }

  #reply(): void {
    const reply = this.#replies.shift();
    if (reply !== undefined) this.#tell(reply);
  }

  async #execute(): Promise<void> {
    const request = this.#requests.shift();
    if (request === undefined) return;
    await this.#stage.ask(`${this.node} ${this.epoch} ${JSON.stringify(request)}`, () => this.#do(request));
  }

  async #do(request: Request): Promise<void> {
    if (request.type === "login") await this.#login();
    else if (request.type === "drain") await this.#drain(request.effect, request.final);
    else await this.#logout();
  }

  async #login(): Promise<void> {
    const { store, options } = this.#stage;
    const { epoch, standing, previous } = await store.login({ trackerId: TRACKER, node: this.node, protocol: options.protocol.name });
    this.#stage.loggedIn(epoch);
    if (!this.#open) {
      // The connection left before its answer: its login is taken back; a node that died cannot do that.
      if (this.#told.at(-1) !== "crash") await store.logout(TRACKER, epoch);
      return;
    }
    this.epoch = epoch;
    if (previous !== null && previous.node !== this.node) this.#stage.hinted(previous.node, epoch);
    this.#stage.displace(this.node, epoch);
    this.#replies.push({ type: "identified", verdict: { type: "accepted", identity: ACCEPTED, standing: standing satisfies Standing } });
  }

  async #drain(effect: Extract<Effect, { type: "drain" }>, final: boolean): Promise<void> {
    const { attempts, maxBytes } = this.#stage.options.protocol.capabilities;
    const { settlements, held, room } = effect;
    const base = { trackerId: TRACKER, epoch: this.epoch, maxAttempts: attempts, tagBytes: maxBytes };
    const request: DrainRequest = final ? { ...base, settlements, held: [], room: 0 } : { ...base, settlements, held, room };
    const result = await this.#stage.store.drain(request);
    if (result.type === "drained") this.#stage.claimed(request, result.texts);
    if (this.#open && !final) this.#replies.push({ type: "drained", result });
  }

  async #logout(): Promise<void> {
    const { store } = this.#stage;
    const owner = async (): Promise<string> => JSON.stringify([...(await store.owners([TRACKER]))]);
    await store.renewLease("a", 1_000_000_000);
    await store.renewLease("b", 1_000_000_000);
    const before = await owner();
    await store.logout(TRACKER, this.epoch);
    const after = await owner();
    if (before !== after && !before.includes(`"epoch":${this.epoch}`)) this.#stage.fail(`line ${this.epoch} took away ${before}`);
  }
}
