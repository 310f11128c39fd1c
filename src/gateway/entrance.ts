/** From an accepted socket to the stream of a line: whether it may come in, and its encryption. */
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Load } from "../chat/load.ts";
import type { Meter } from "../chat/meter.ts";
import type { Protocol } from "../core/index.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { awaitAnnouncement } from "./announcement.ts";
import { Balancers } from "./balancers.ts";
import { handshake } from "./handshake.ts";
import type { EndReason } from "./registry.ts";

/** Where devices knock. */
export interface Door {
  readonly host: string;
  readonly port: number;
  /** The only protocol of this port; null detects it. */
  readonly protocol: Protocol | null;
  readonly tls: boolean;
}

export interface EntranceOptions {
  readonly admission: AdmissionLimits;
  /** Certificate, key and what else TLS needs; null: no door has it. */
  readonly tls: SecureContextOptions | null;
  /** Addresses and networks of balancers: each of their connections must say whose it is. */
  readonly balancers: readonly string[];
  /** Beyond normal nobody is let in. */
  readonly load: () => Load;
  readonly meter: Meter;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface EntranceOwner {
  /** Lines that have arrived. */
  readonly connections: number;
  /** `address` has a place of its own until `release`. */
  arrived(socket: Socket, address: string, door: Door): void;
  /** Turned away, with the reason and perhaps more about it. */
  refused(address: string, reason: EndReason, detail?: string): void;
}

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #owner: EntranceOwner;
  readonly #admission: Admission;
  readonly #balancers: Balancers;
  /** Let in, but not through yet. */
  readonly #waiting = new Set<Socket>();
  #context: SecureContext | null;

  constructor(options: EntranceOptions, owner: EntranceOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#admission = new Admission(options.admission);
    this.#balancers = new Balancers(options.balancers);
    this.#context = options.tls === null ? null : createSecureContext(options.tls);
  }

  /** A new certificate for those who come from now on. */
  renew(tls: SecureContextOptions): void {
    this.#context = createSecureContext(tls);
  }

  enter(socket: Socket, door: Door): void {
    const address = socket.remoteAddress;
    // Gone before we saw it.
    if (address === undefined) return dismiss(socket);
    if (this.#options.load() !== "normal") return this.#refuse(socket, address, "overload");
    const { lines } = this.#options.admission;
    if (this.#owner.connections + this.#waiting.size >= lines) return this.#refuse(socket, address, "too-many-lines");
    if (this.#balancers.has(address)) this.#announce(socket, address, door);
    else this.#admit(socket, address, door);
  }

  /** The place of a line that has logged in or ended. */
  release(address: string): void {
    this.#admission.release(address);
  }

  /** Nobody waits any longer. */
  shut(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #announce(socket: Socket, balancer: string, door: Door): void {
    this.#waiting.add(socket);
    awaitAnnouncement(socket, (announced) => {
      this.#waiting.delete(socket);
      if (announced.type === "failed") return this.#refuse(socket, balancer, "bad-proxy-header", announced.reason);
      if (announced.type === "gone") return dismiss(socket);
      this.#admit(socket, announced.source ?? balancer, door);
      if (!door.tls) socket.resume();
    });
  }

  #admit(socket: Socket, address: string, door: Door): void {
    const admitted = this.#admission.admit(address, this.#options.now());
    if (admitted !== "yes") return this.#refuse(socket, address, admitted);
    if (door.tls) this.#secure(socket, address, door);
    else this.#owner.arrived(socket, address, door);
  }

  #secure(raw: Socket, address: string, door: Door): void {
    if (this.#context === null) throw new Error("a TLS port without a certificate");
    this.#waiting.add(raw);
    handshake(raw, this.#context, (secured) => {
      this.#waiting.delete(raw);
      if (secured.type === "secure") return this.#owner.arrived(secured.socket, address, door);
      this.#admission.release(address);
      this.#refuse(raw, address, "tls-failed", secured.reason);
    });
  }

  #refuse(socket: Socket, address: string, reason: EndReason, detail?: string): void {
    this.#options.meter.count("closings", reason);
    this.#owner.refused(address, reason, detail);
    dismiss(socket);
  }
}

function dismiss(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.destroy();
}
