/**
 * One stream for all tabs of a browser: a browser opens six connections to a server, and each stream keeps one. The tab that holds the lock follows the
 * stream and tells the others; when it goes, the next one takes over.
 */
import type { MessageId } from "./model/message.ts";
import type { Connection } from "./state.ts";
import type { RawEvent } from "./stream.ts";

export type TabMessage =
  | { readonly type: "events"; readonly events: readonly RawEvent[] }
  | { readonly type: "connection"; readonly connection: Connection }
  /** These texts are looked at in the tab that says so: nobody needs to be called. */
  | { readonly type: "seen"; readonly ids: readonly MessageId[] }
  /** A tab that came later asks how things stand. */
  | { readonly type: "who" }
  | { readonly type: "retry" };

export class Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  #leads = false;

  constructor(name: string, hear: (message: TabMessage) => void) {
    this.#name = `tracker-chat:${name}`;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => hear(data));
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** To the other tabs. */
  tell(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  /** Runs `act` once no other tab leads, or not at all. Without locks (a page that came over plain HTTP) each tab is its own. */
  async lead(act: () => Promise<void>, stopped: AbortSignal): Promise<void> {
    const run = async (): Promise<void> => {
      this.#leads = true;
      await act();
      this.#leads = false;
    };
    if (!("locks" in navigator)) return await run();
    this.tell({ type: "who" });
    await navigator.locks.request(this.#name, { signal: stopped }, run).catch((error: unknown) => {
      if (!stopped.aborted) throw error;
    });
  }

  close(): void {
    this.#channel.close();
  }
}
