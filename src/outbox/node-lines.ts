/** Every node's live lines: the question goes out by mail, the answers come together in one short-lived list. */
import { randomBytes } from "node:crypto";
import type { TrackerId } from "../chat/message.ts";
import type { LineInfo, Lines, MessageStore } from "../chat/ports.ts";
import { type MailConnection, type PostOffice, within } from "./post-office.ts";

/** How long nodes have to answer; those that do not are left out. */
const ANSWER_MS = 1_500;
const LOOK_MS = 25;
const ANSWER_TTL_MS = 30_000;

export interface NodeLinesDeps {
  readonly node: string;
  readonly store: Pick<MessageStore, "liveNodes" | "owners">;
  readonly post: PostOffice;
  readonly connection: MailConnection;
  /** The lines of this node now. */
  readonly local: () => readonly LineInfo[];
  /** Ends a line of this node; false when there is none. */
  readonly kickLocal: (trackerId: TrackerId) => boolean;
}

export class NodeLines implements Lines {
  readonly #deps: NodeLinesDeps;

  constructor(deps: NodeLinesDeps) {
    this.#deps = deps;
  }

  async list(): Promise<readonly LineInfo[]> {
    const { node, store, post, local } = this.#deps;
    const others = (await store.liveNodes()).filter((name) => name !== node);
    if (others.length === 0) return local();
    const answer = `{mail}:lines:${randomBytes(8).toString("hex")}`;
    await Promise.allSettled(others.map((name) => post.send(name, { lines: answer })));
    return [...local(), ...(await this.#collect(answer, others.length))];
  }

  async kick(trackerId: TrackerId): Promise<boolean> {
    if (this.#deps.kickLocal(trackerId)) return true;
    const owner = (await this.#deps.store.owners([trackerId])).get(trackerId);
    if (owner === undefined || owner.node === this.#deps.node) return false;
    await this.#deps.post.send(owner.node, { kick: trackerId });
    return true;
  }

  /** This node's part of another node's answer. */
  async answer(name: string): Promise<void> {
    const { connection, local } = this.#deps;
    await within(ANSWER_MS, connection.rpush(name, JSON.stringify(local())));
    await within(ANSWER_MS, connection.pexpire(name, ANSWER_TTL_MS));
  }

  async #collect(answer: string, expected: number): Promise<readonly LineInfo[]> {
    const { connection } = this.#deps;
    let parts: readonly string[] = [];
    for (let waited = 0; parts.length < expected && waited < ANSWER_MS; waited += LOOK_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      parts = await within(ANSWER_MS, connection.lrange(answer, 0, -1));
    }
    await within(ANSWER_MS, connection.del(answer));
    return parts.flatMap((part): readonly LineInfo[] => JSON.parse(part));
  }
}
