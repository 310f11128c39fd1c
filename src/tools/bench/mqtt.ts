/** As much of MQTT 3.1.1 as a load client needs: sessions that last, publishing at QoS 1. */
import type { Socket } from "node:net";
import { openLine, received } from "./load.ts";

/** A connection that has logged in under a name; its session outlives it. */
export async function openPublisher(port: number, name: string): Promise<Socket> {
  const socket = await openLine(port, null);
  const id = Buffer.from(name);
  const body = [text("MQTT"), Buffer.from([PROTOCOL_LEVEL, 0, 0, 0]), Buffer.from([0, id.length]), id];
  socket.write(packet(CONNECT, Buffer.concat(body)));
  const [head, , , code] = await received(socket);
  if (head !== CONNACK || code !== 0) throw new Error(`the broker refused ${name} (${head}, ${code})`);
  return socket;
}

/** A client that is there, and acknowledges each message that it gets. */
export class Subscriber {
  readonly socket: Socket;
  readonly #got: () => void;
  #held = Buffer.alloc(0);

  constructor(socket: Socket, got: () => void) {
    this.socket = socket;
    this.#got = got;
  }

  async subscribe(topic: string): Promise<void> {
    this.socket.write(packet(SUBSCRIBE, Buffer.concat([Buffer.from([0, 1]), text(topic), Buffer.from([1])])));
    const [head] = await received(this.socket);
    if (head !== SUBACK) throw new Error(`the broker let nobody subscribe (${head})`);
    this.socket.on("data", (chunk) => this.#heard(chunk));
  }

  #heard(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (let length = packetLength(rest); length !== null && rest.length >= length; length = packetLength(rest)) {
      this.#packet(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.#held = Buffer.from(rest);
  }

  #packet(bytes: Buffer): void {
    if ((bytes.readUInt8(0) & 0xf0) !== (PUBLISH_QOS_1 & 0xf0)) return;
    const topicAt = bytes.readUInt8(1) > 127 ? 3 : 2;
    const idAt = topicAt + 2 + bytes.readUInt16BE(topicAt);
    this.socket.write(Buffer.from([PUBACK, 2, bytes.readUInt8(idAt), bytes.readUInt8(idAt + 1)]));
    this.#got();
  }
}

/** Of a packet of up to 16,383 bytes that begins here; null: not known yet. */
function packetLength(bytes: Buffer): number | null {
  const [, low, high] = bytes;
  if (low === undefined) return null;
  if (low < 128) return 2 + low;
  return high === undefined ? null : 3 + (low & 127) + high * 128;
}

/** Leaves a session behind that wants everything below a topic, and is away. */
export async function leaveSubscriber(port: number, name: string, topic: string): Promise<void> {
  const socket = await openPublisher(port, name);
  socket.write(packet(SUBSCRIBE, Buffer.concat([Buffer.from([0, 1]), text(topic), Buffer.from([1])])));
  const [head] = await received(socket);
  if (head !== SUBACK) throw new Error(`the broker let nobody subscribe (${head})`);
  socket.end(Buffer.from([DISCONNECT, 0]));
}

/** A message at QoS 1. */
export function publish(topic: string, id: number, message: string): Buffer {
  return packet(PUBLISH_QOS_1, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(message)]));
}

/** Bytes of the acknowledgement of one. */
export const PUBACK_BYTES = 4;

const PROTOCOL_LEVEL = 4;
const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH_QOS_1 = 0x32;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;
const DISCONNECT = 0xe0;

/** Bodies of up to 16,383 bytes. */
function packet(head: number, body: Buffer): Buffer {
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
