/** The server's side of a TLS handshake on a socket that is open already. */
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";

/** A modem on a slow network needs two or three round trips of a second or two. */
const HANDSHAKE_MS = 10_000;

export type Secured = { readonly type: "secure"; readonly socket: Socket } | { readonly type: "failed"; readonly reason: string };

/** Tells once how it went; a socket whose handshake failed is destroyed. */
export function handshake(raw: Socket, secureContext: SecureContext, tell: (secured: Secured) => void): void {
  const socket = new TLSSocket(raw, { isServer: true, secureContext });
  // What fails below TLS shows above it; without a listener of its own it would end the process.
  raw.on("error", ignore);
  const settle = (secured: Secured): void => {
    clearTimeout(timer);
    socket.off("secure", secure).off("error", failed).off("close", closed);
    if (secured.type === "failed") {
      socket.on("error", ignore);
      socket.destroy();
      raw.destroy();
    }
    tell(secured);
  };
  const secure = (): void => settle({ type: "secure", socket });
  const failed = (error: Error): void => settle({ type: "failed", reason: codeOf(error) });
  const closed = (): void => settle({ type: "failed", reason: "closed" });
  const timer = setTimeout(() => settle({ type: "failed", reason: "no handshake in time" }), HANDSHAKE_MS);
  socket.on("secure", secure).on("error", failed).on("close", closed);
}

function ignore(): void {
  // Told already.
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
