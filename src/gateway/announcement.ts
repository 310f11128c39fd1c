/** What a balancer says first on a connection, read off its socket; everything behind it is left there. */
import type { Socket } from "node:net";
import { PROXY_HEADER_BYTES, readProxyHeader } from "./proxy-header.ts";

/** Balancers send it at once, with or before the first bytes. */
const ANNOUNCE_MS = 5_000;

export type Announced =
  /** Null: the balancer speaks for itself. The socket is paused: what comes next has not been read. */
  | { readonly type: "announced"; readonly source: string | null }
  | { readonly type: "failed"; readonly reason: string }
  /** It closed without a word, as those do who look whether somebody listens. */
  | { readonly type: "gone" };

/** Tells once. */
export function awaitAnnouncement(socket: Socket, tell: (announced: Announced) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const settle = (announced: Announced): void => {
    clearTimeout(timer);
    socket.off("data", heard).off("end", ended).off("close", ended);
    tell(announced);
  };
  const heard = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const header = readProxyHeader(head);
    if (header.type === "more" && head.length < PROXY_HEADER_BYTES) return;
    if (header.type !== "header") return settle({ type: "failed", reason: header.type === "bad" ? header.reason : "an endless header" });
    socket.pause();
    if (head.length > header.bytes) socket.unshift(head.subarray(header.bytes));
    settle({ type: "announced", source: header.source });
  };
  const ended = (): void => settle(head.length === 0 ? { type: "gone" } : { type: "failed", reason: "a header without an end" });
  const timer = setTimeout(() => settle({ type: "failed", reason: "no header in time" }), ANNOUNCE_MS);
  socket.on("data", heard).on("end", ended).on("close", ended);
  // What follows a failure on the socket shows as its close.
  socket.on("error", ignore);
}

function ignore(): void {
  // Told as the end.
}
