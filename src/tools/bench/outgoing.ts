/** Texts down at a fixed rate (open loop): from the HTTP call to the bytes at the device, and to DELIVERED in `list`. */
import { Agent, request } from "node:http";
import type { Protocol } from "../../core/index.ts";
import { DeviceRunner } from "../device-runner.ts";
import { sleep } from "./load.ts";
import { JT808_ID, jt808Device, type Product } from "./product.ts";

export interface Outgoing {
  readonly sent: number;
  readonly shown: number;
  /** Milliseconds from the start of the HTTP call to the text at the device. */
  readonly toDevice: readonly number[];
  /** Milliseconds from the start of the HTTP call to DELIVERED in `list`; sampled. */
  readonly toDelivered: readonly number[];
}

export interface OutgoingPlan {
  readonly protocol: Protocol;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly devices: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Some are followed to DELIVERED by polling, which costs the product more than the texts do. */
  readonly follow: boolean;
}

/** One text in this many is followed to DELIVERED by polling `list`. */
const SAMPLE = 20;
const POLL_MS = 2;
// In turn: one that rested for as long as the product keeps a connection could be closed just when it is used.
const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: "fifo" });

export async function outgoing(product: Product, plan: OutgoingPlan): Promise<Outgoing> {
  const started = new Map<string, number>();
  const toDevice: number[] = [];
  const toDelivered: number[] = [];
  const stop = await devicesOnline(product, plan, (text) => {
    const at = started.get(text);
    if (at !== undefined) toDevice.push(performance.now() - at);
  });
  const total = plan.perSecond * plan.seconds;
  const pending: Promise<unknown>[] = [];
  const begin = performance.now();
  for (let index = 0; index < total; index += 1) {
    const due = begin + (index * 1_000) / plan.perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    const tracker = JT808_ID + (index % plan.devices);
    const text = `bench ${index} of ${total}`;
    const at = performance.now();
    started.set(text, at);
    const sent = call(product, "send", { tracker_id: tracker, message: text });
    pending.push(
      plan.follow && index % SAMPLE === 0
        ? sent.then(async (answer) => toDelivered.push(await delivered(product, tracker, answer.id ?? 0, at)))
        : sent,
    );
  }
  await Promise.all(pending);
  const end = performance.now() + 10_000;
  while (toDevice.length < total && performance.now() < end) await sleep(20);
  stop();
  return { sent: total, shown: toDevice.length, toDevice, toDelivered };
}

/** Simulated JT/T 808 devices that show and acknowledge what they get; resolves when all are online, with what ends them. */
export async function devicesOnline(
  product: Product,
  plan: Pick<OutgoingPlan, "protocol" | "profile" | "devices">,
  shown: (text: string) => void,
): Promise<() => void> {
  let online = 0;
  const runners = Array.from({ length: plan.devices }, (_, index) => {
    const device = plan.protocol.device({
      deviceId: jt808Device(index),
      password: null,
      profile: plan.profile,
      receipts: "ok",
      lateMs: 0,
      reply: null,
      keepAliveMs: 0,
    });
    return new DeviceRunner(
      device,
      { host: "127.0.0.1", port: product.gatewayPort },
      {
        connected: () => {},
        disconnected: () => {},
        output: (output) => {
          if (output.type === "online") online += 1;
          if (output.type === "shown") shown(output.text);
        },
      },
    );
  });
  for (const runner of runners) runner.start();
  while (online < plan.devices) await sleep(20);
  return () => {
    for (const runner of runners) runner.stop();
  };
}

async function delivered(product: Product, tracker: number, id: number, at: number): Promise<number> {
  for (;;) {
    const { list = [] } = await call(product, "list", { tracker_id: tracker, limit: 20, ascending: false });
    if (list.find((message) => message.id === id)?.status === "DELIVERED") return performance.now() - at;
    if (performance.now() - at > 10_000) return Number.POSITIVE_INFINITY;
    await sleep(POLL_MS);
  }
}

interface Answer {
  readonly success: boolean;
  readonly id?: number;
  readonly list?: readonly { readonly id: number; readonly status: string }[];
}

/** One call of the API; rejects when it does not succeed. */
export function call(
  product: Pick<Product, "http" | "hash">,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const body = JSON.stringify({ ...parameters, hash: product.hash });
  return new Promise((resolve, reject) => {
    const outgoingRequest = request(
      `${product.http}/tracker/chat/${action}`,
      { agent, method: "POST", headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const answer = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Answer;
          if (answer.success) resolve(answer);
          else reject(new Error(`${action}: ${JSON.stringify(answer)}`));
        });
      },
    );
    outgoingRequest.on("error", reject);
    outgoingRequest.end(body);
  });
}
