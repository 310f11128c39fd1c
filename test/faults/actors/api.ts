/** Calls of the API, each on a connection of its own, told apart by what is known afterwards. */
import { request } from "node:http";
import type { Outcome } from "../history.ts";

export interface Answer {
  readonly success: boolean;
  readonly id?: number;
  readonly list?: readonly Listed[];
  readonly value?: Readonly<Record<string, number>>;
  readonly timeline?: readonly { readonly state: string }[];
  readonly status?: { readonly code: number };
}

export interface Listed {
  readonly id: number;
  readonly submit_time: string;
  readonly update_time: string | null;
  readonly text: string;
  readonly type: "INCOMING" | "OUTGOING";
  readonly status: "PENDING" | "DELIVERED";
}

/** `refused`: nobody listens there, so nothing was done. */
export interface Called {
  readonly outcome: Outcome;
  readonly refused: boolean;
  readonly answer: Answer | null;
}

/** Of the administrator. */
export const TOKEN = "campaign-token-campaign-token-campaign";
const PATIENCE_MS = 5_000;
const READY_MS = 1_000;
/** Refused before anything was done; every other error leaves it open whether it was. */
const CERTAIN: ReadonlySet<number> = new Set([3, 4, 5, 7, 9, 11, 13, 15, 111, 112, 201, 204, 208, 214, 217, 221, 236]);

export async function call(port: number, path: string, parameters: object, patienceMs = PATIENCE_MS): Promise<Called> {
  const headers = { "content-type": "application/json" };
  const reply = await ask({ port, path: `/tracker/chat/${path}`, method: "POST", headers, body: JSON.stringify(parameters), patienceMs });
  if (reply.type === "lost") return { outcome: reply.refused ? "fail" : "info", refused: reply.refused, answer: null };
  const answer = parsed(reply.body);
  if (answer?.success === true) return { outcome: "ok", refused: false, answer };
  return { outcome: CERTAIN.has(answer?.status?.code ?? 0) ? "fail" : "info", refused: false, answer };
}

/** A call of the administrator; null: it did not succeed. */
export async function admin(port: number, method: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const text = body === undefined ? "" : JSON.stringify(body);
  const reply = await ask({ port, path: `/admin/${path}`, method, headers, body: text, patienceMs: PATIENCE_MS });
  return reply.type === "reply" && reply.status === 200 ? (JSON.parse(reply.body) as unknown) : null;
}

export async function isReady(port: number): Promise<boolean> {
  const reply = await ask({ port, path: "/readyz", method: "GET", headers: {}, body: "", patienceMs: READY_MS });
  return reply.type === "reply" && reply.status === 200;
}

interface Asked {
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly patienceMs: number;
}

type Reply =
  | { readonly type: "reply"; readonly status: number; readonly body: string }
  | { readonly type: "lost"; readonly refused: boolean };

function ask({ port, path, method, headers, body, patienceMs }: Asked): Promise<Reply> {
  return new Promise((resolve) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve({ type: "lost", refused: false }));
      response.on("aborted", () => resolve({ type: "lost", refused: false }));
      response.on("end", () => resolve({ type: "reply", status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
    });
    const late = setTimeout(() => outgoing.destroy(new Error("too late")), patienceMs);
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve({ type: "lost", refused: error.code === "ECONNREFUSED" }));
    outgoing.on("close", () => clearTimeout(late));
    outgoing.end(body);
  });
}

function parsed(body: string): Answer | null {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return null;
  }
}
