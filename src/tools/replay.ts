/** Plays transcripts against a live gateway over TCP and reports each difference from what they say. */
import { connect, type Socket } from "node:net";
import { type Pattern, type Step, startsWith, type Transcript } from "../core/index.ts";

export interface ReplayTarget {
  readonly host: string;
  readonly port: number;
  /** How a transcript's `send` reaches the outbox and its `text` and `settled` are checked; null: such steps are skipped. */
  readonly api: ReplayApi | null;
  /** Longest wait for bytes, a text or a settlement. */
  readonly patienceMs: number;
  /** A longer `wait` step ends the replay of its transcript. */
  readonly longestWaitMs: number;
}

export interface ReplayApi {
  send(deviceId: string, text: string): Promise<number>;
  cancel(deviceId: string, id: number): Promise<void>;
  /** The texts of the device after `sinceId`, oldest first. */
  texts(
    deviceId: string,
    sinceId: number,
  ): Promise<readonly { readonly id: number; readonly text: string; readonly answers?: number | null }[]>;
  status(deviceId: string, id: number): Promise<string>;
  /** The states that a message went through. */
  states(deviceId: string, id: number): Promise<readonly string[]>;
  lastId(deviceId: string): Promise<number>;
}

type ChatStep = Extract<Step, { type: "send" | "cancel" | "text" | "read" | "settled" }>;

export interface ReplayReport {
  readonly title: string;
  readonly differences: readonly string[];
  /** Why the rest was not played; null: all was. */
  readonly skipped: string | null;
}

export async function replay(transcript: Transcript, target: ReplayTarget): Promise<ReplayReport> {
  const stage = new LiveStage(transcript, target);
  try {
    for (const step of transcript.steps) if (!(await stage.play(step))) break;
  } finally {
    stage.end();
  }
  return { title: transcript.title, differences: stage.differences, skipped: stage.skipped };
}

class LiveStage {
  readonly differences: string[] = [];
  skipped: string | null = null;
  readonly #transcript: Transcript;
  readonly #target: ReplayTarget;
  #socket: Socket | null = null;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #news: (() => void) | null = null;
  readonly #sent: { readonly deviceId: string; readonly id: number; readonly text: string }[] = [];
  /** By device: the last message before, and how many texts were to be delivered. */
  readonly #sinceId = new Map<string, number>();
  readonly #delivered = new Map<string, number>();

  constructor(transcript: Transcript, target: ReplayTarget) {
    this.#transcript = transcript;
    this.#target = target;
  }

  end(): void {
    this.#socket?.destroy();
  }

  /** False: the rest of the transcript cannot be played. */
  async play(step: Step): Promise<boolean> {
    switch (step.type) {
      case "connect":
        this.#socket?.destroy();
        this.#socket = null;
        return true;
      case "up":
        (await this.#line()).write(step.bytes);
        return true;
      case "down":
        return this.#expectBytes(step.line, step.pattern);
      case "closed":
        if (!(await this.#until(() => this.#closed))) this.differences.push(`line ${step.line}: the gateway kept the line open`);
        return true;
      case "wait":
        return this.#wait(step.ms);
      case "note":
        return true;
      case "store":
        return this.#skip(`line ${step.line}: the store of a live gateway stays up`);
      default:
        return this.#chat(step);
    }
  }

  async #chat(step: ChatStep): Promise<boolean> {
    const { api } = this.#target;
    if (api === null) return this.#skip(`line ${step.line}: "${step.type}" needs --hash and --admin-token`);
    const deviceId = step.unit ?? this.#transcript.deviceId;
    if (step.type === "send") this.#sent.push({ deviceId, id: await api.send(deviceId, step.text), text: step.text });
    else if (step.type === "cancel") await api.cancel(deviceId, this.#idOf(deviceId, step.text));
    else if (step.type === "text") await this.#expectText(deviceId, step, api);
    else if (step.type === "read") await this.#expectRead(deviceId, step, api);
    else if (step.outcome === "delivered") await this.#expectDelivered(deviceId, step, api);
    return true;
  }

  async #expectText(deviceId: string, { line, text, answers }: Extract<Step, { type: "text" }>, api: ReplayApi): Promise<void> {
    const found = await this.#until(async () => {
      const next = (await api.texts(deviceId, this.#sinceId.get(deviceId) ?? 0))[0];
      if (next?.text !== text || (answers !== null && next.answers !== this.#idOf(deviceId, answers))) return false;
      this.#sinceId.set(deviceId, next.id);
      return true;
    });
    if (!found) this.differences.push(`line ${line}: the text ${JSON.stringify(text)} is not in the chat of ${deviceId}`);
  }

  async #expectRead(deviceId: string, { line, text }: Extract<Step, { type: "read" }>, api: ReplayApi): Promise<void> {
    const isRead = await this.#until(async () => (await api.states(deviceId, this.#idOf(deviceId, text))).includes("read"));
    if (!isRead) this.differences.push(`line ${line}: ${JSON.stringify(text)} is not read`);
  }

  async #expectDelivered(deviceId: string, { line }: Extract<Step, { type: "settled" }>, api: ReplayApi): Promise<void> {
    const wanted = (this.#delivered.get(deviceId) ?? 0) + 1;
    this.#delivered.set(deviceId, wanted);
    if (!(await this.#until(async () => (await this.#deliveredTo(deviceId, api)) >= wanted)))
      this.differences.push(`line ${line}: fewer than ${wanted} texts to ${deviceId} are DELIVERED`);
  }

  /** The last text that was sent to it in these words. */
  #idOf(device: string, words: string): number {
    return this.#sent.findLast(({ deviceId, text }) => deviceId === device && text === words)?.id ?? 0;
  }

  /** Texts may be acknowledged in another order than they were sent. */
  async #deliveredTo(device: string, api: ReplayApi): Promise<number> {
    const sent = this.#sent.filter(({ deviceId }) => deviceId === device);
    const states = await Promise.all(sent.map(({ id }) => api.status(device, id)));
    return states.filter((status) => status === "DELIVERED").length;
  }

  async #line(): Promise<Socket> {
    if (this.#socket !== null) return this.#socket;
    const { host, port, api } = this.#target;
    const { deviceId, units } = this.#transcript;
    const devices = [deviceId, ...units.map((unit) => unit.deviceId)].filter((id) => id !== "");
    for (const device of api === null ? [] : devices) this.#sinceId.set(device, (await api?.lastId(device)) ?? 0);
    const socket = connect({ host, port });
    socket.setNoDelay(true);
    this.#closed = false;
    this.#received = Buffer.alloc(0);
    this.#socket = socket;
    const current = (): boolean => this.#socket === socket;
    socket.on("data", (chunk) => {
      if (current()) this.#received = Buffer.concat([this.#received, chunk]);
      this.#news?.();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      // The end of an earlier connection may come when the next one is open.
      if (current()) this.#closed = true;
      this.#news?.();
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return socket;
  }

  async #expectBytes(line: number, pattern: Pattern): Promise<boolean> {
    await this.#until(() => this.#received.length >= pattern.length || this.#closed);
    if (startsWith(this.#received, pattern)) {
      this.#received = this.#received.subarray(pattern.length);
      return true;
    }
    const wanted = pattern.map((byte) => (byte === null ? "??" : byte.toString(16).padStart(2, "0"))).join("");
    this.differences.push(`line ${line}: expected ${wanted}, got ${this.#received.toString("hex") || "nothing"}`);
    return this.#skip(`line ${line}: the bytes differ`);
  }

  async #wait(ms: number): Promise<boolean> {
    if (ms > this.#target.longestWaitMs) return this.#skip(`a wait of ${ms / 1_000} s is longer than --longest-wait`);
    await new Promise((resolve) => setTimeout(resolve, ms));
    return true;
  }

  #skip(reason: string): false {
    this.skipped = reason;
    return false;
  }

  /** Checks again on every news of the socket and every 50 ms, until true or out of patience. */
  async #until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
    const end = performance.now() + this.#target.patienceMs;
    while (!(await holds())) {
      if (performance.now() >= end) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }
}
