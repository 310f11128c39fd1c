/** Who may say whose a connection is: whatever the others send first is theirs, so that nobody takes a foreign address. */
import { BlockList, isIP } from "node:net";
import { addressOf } from "./proxy-header.ts";

export class Balancers {
  readonly #list = new BlockList();
  readonly #some: boolean;

  /** Addresses, networks (10.0.0.0/8) or the names of networks that settings know. */
  constructor(addresses: readonly string[]) {
    this.#some = addresses.length > 0;
    for (const entry of addresses.flatMap((name) => NETWORKS[name] ?? [name])) this.#add(entry);
  }

  has(address: string): boolean {
    if (!this.#some) return false;
    const one = addressOf(address);
    return this.#list.check(one, familyOf(one));
  }

  #add(entry: string): void {
    const [address = "", bits] = entry.split("/");
    if (bits === undefined) this.#list.addAddress(address, familyOf(address));
    else this.#list.addSubnet(address, Number(bits), familyOf(address));
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** As Fastify's `trustProxy` has them. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};
