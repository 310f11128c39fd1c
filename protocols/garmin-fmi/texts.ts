/** Messages on their way to the navigator: the next packet of one goes out when the last was answered. */
import type { DeviceEvent } from "../../src/core/index.ts";
import { namedBody } from "./bodies.ts";
import { ID } from "./layout.ts";
import { idField } from "./message-id.ts";
import type { Message } from "./steps.ts";
import { fmiFrame } from "./wire.ts";

/** Messages whose packets are kept for a repetition. */
const MAX_MESSAGES = 64;

/** States of 0041. */
const STATUS_CODE = { unread: 0, read: 1, notFound: 2 } as const;

interface Job {
  readonly message: Message;
  step: number;
  /** `link`: its packet is under way; `answer`: it was acknowledged; `asking`: the unit was asked what became of the message. */
  phase: "idle" | "link" | "answer" | "asking";
  /** A packet was answered since it was last said to be due. */
  progressed: boolean;
  /** Why the unit refused it; it may have it already. */
  refusal: string | null;
}

/** The link, as far as messages need it. */
export interface Road {
  readonly put: (frame: Buffer, id: string) => void;
  readonly drop: (id: string) => void;
  /** As `drop`, but for the packet that is under way. */
  readonly recall: (id: string) => void;
  /** The navigator acts as if it had been switched off and on. */
  readonly forgotten: () => void;
}

export class Texts {
  readonly #road: Road;
  readonly #jobs = new Map<string, Job>();

  constructor(road: Road) {
    this.#road = road;
  }

  add(message: Message): void {
    this.#jobs.delete(message.id);
    this.#jobs.set(message.id, { message, step: 0, phase: "idle", progressed: false, refusal: null });
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > MAX_MESSAGES && oldest !== undefined) this.#jobs.delete(oldest);
  }

  /** It is due, or its receipt is overdue: then it is not sent again blindly, for a unit refuses an id that it has. */
  send(id: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.phase === "link") return;
    if (job.phase === "answer" && job.progressed) {
      job.progressed = false;
      return;
    }
    if (job.phase === "answer") {
      this.#road.forgotten();
      this.#ask(job);
    } else if (job.phase === "asking" && job.refusal !== null) this.#ask(job);
    else this.#begin(job);
  }

  /** It was withdrawn. */
  forget(id: string): void {
    this.#road.recall(id);
    this.#jobs.delete(id);
  }

  /** The link was cleared: nothing is under way any more. */
  interrupted(): void {
    for (const job of this.#jobs.values()) job.phase = "idle";
  }

  /** The link has this message's packet. */
  acknowledged(id: string): readonly DeviceEvent[] {
    const job = this.#jobs.get(id);
    if (job === undefined || job.phase !== "link") return [];
    if (job.message.steps[job.step]?.key === null) return this.#accepted(job);
    job.phase = "answer";
    return [];
  }

  /** The unit answered the packet with this key; `refusal` null: it is content. However late, that settles the text itself. */
  answered(key: string, refusal: string | null): readonly DeviceEvent[] {
    const jobs = [...this.#jobs.values()];
    const whole = refusal === null ? jobs.find(({ message }) => message.steps.at(-1)?.key === key) : undefined;
    if (whole !== undefined) return this.#accepted(whole);
    const job = jobs.find((one) => (one.phase === "link" || one.phase === "answer") && stepOf(one)?.key === key);
    if (job === undefined) return [];
    // Its acknowledgement may have been lost.
    this.#road.drop(job.message.id);
    job.progressed = true;
    if (refusal !== null) {
      job.refusal = refusal;
      this.#ask(job);
      return [];
    }
    job.step += 1;
    this.#put(job);
    return [];
  }

  /** Is this text's receipt awaited or overdue? */
  awaits(id: string): boolean {
    return this.#jobs.has(id);
  }

  status(id: string, code: number): readonly DeviceEvent[] {
    const job = this.#jobs.get(id);
    if (code === STATUS_CODE.unread || code === STATUS_CODE.read) {
      const receipt = job === undefined ? [] : this.#accepted(job);
      return code === STATUS_CODE.read ? [...receipt, { type: "read", tag: id }] : receipt;
    }
    if (code !== STATUS_CODE.notFound || job?.phase !== "asking") return [];
    this.#road.drop(id);
    if (job.refusal === null) {
      this.#begin(job);
      return [];
    }
    this.#jobs.delete(id);
    return [{ type: "receipt", tag: id, outcome: "rejected", reason: job.refusal }];
  }

  /** The driver pressed a button of it, so the unit has it. */
  pressed(id: string): readonly DeviceEvent[] {
    const job = this.#jobs.get(id);
    return job === undefined ? [] : this.#accepted(job);
  }

  #begin(job: Job): void {
    job.step = 0;
    job.refusal = null;
    this.#put(job);
  }

  #put(job: Job): void {
    const step = stepOf(job);
    if (step === undefined) return;
    job.phase = "link";
    this.#road.put(step.frame, job.message.id);
  }

  #ask(job: Job): void {
    const { id } = job.message;
    job.phase = "asking";
    this.#road.drop(id);
    this.#road.put(fmiFrame(ID.statusRequest, namedBody(id.length, idField(id))), id);
  }

  #accepted(job: Job): readonly DeviceEvent[] {
    const { id } = job.message;
    this.#road.drop(id);
    this.#jobs.delete(id);
    return [{ type: "receipt", tag: id, outcome: "accepted" }];
  }
}

function stepOf(job: Job): Message["steps"][number] | undefined {
  return job.message.steps[job.step];
}
