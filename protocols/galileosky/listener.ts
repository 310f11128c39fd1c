/** Cuts what a server says into packets: acknowledgements of three bytes between commands and tunnelled data. */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { ACKNOWLEDGEMENT_BYTES, HEAD, HEAD_BYTES, MAX_BODY_BYTES, PACKET_OVERHEAD } from "./wire.ts";

const ACKNOWLEDGEMENTS: ReadonlySet<number> = new Set([HEAD.acknowledgement, HEAD.photo]);

export class Listener implements Framer {
  readonly #queue = new ByteQueue();

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    const size = downSizeOf(bytes);
    if (size === "broken") return { kind: "broken", reason: `no packet has ${bytes.readUInt16LE(1)} bytes` };
    if (size !== null && bytes.length >= size) return { kind: "frame", bytes: this.#queue.take(size) };
    this.#queue.detach();
    return null;
  }
}

/** Any other head is a packet: which one the tunnel has downwards is not known for certain. */
function downSizeOf(bytes: Buffer): number | "broken" | null {
  const [head] = bytes;
  if (head === undefined) return null;
  if (ACKNOWLEDGEMENTS.has(head)) return ACKNOWLEDGEMENT_BYTES;
  if (bytes.length < HEAD_BYTES) return null;
  const body = bytes.readUInt16LE(1);
  return body > MAX_BODY_BYTES ? "broken" : PACKET_OVERHEAD + body;
}
