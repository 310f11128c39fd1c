/** Where posts may go: anywhere on the public internet, and inside only where the operator says so. */
import { BlockList, isIP } from "node:net";

/** Not of the public internet (IANA special-purpose registries), beside multicast and what is reserved. */
const INSIDE_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"],
  ...["192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];
/** Of IPv6 only global unicast is outside; these parts of it lead back to IPv4 or nowhere: Teredo and its like, documentation, 6to4. */
const OUTSIDE_V6 = ["2000::/3"];
const INSIDE_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** As Fastify's `trustProxy` has them. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

export class AddressGuard {
  readonly #inside = listOf([...INSIDE_V4, ...INSIDE_V6]);
  readonly #outside = listOf(OUTSIDE_V6);
  readonly #allowed: BlockList;

  /** Addresses, networks (10.0.0.0/8) or the names of networks that settings know: allowed though they are inside. */
  constructor(allowed: readonly string[]) {
    this.#allowed = listOf(allowed.flatMap((name) => NETWORKS[name] ?? [name]));
  }

  /** `allowed`: by the operator, so that also plain HTTP may go there. */
  check(address: string): "public" | "allowed" | "refused" {
    const family = familyOf(address);
    if (family === null) return "refused";
    if (this.#allowed.check(address, family)) return "allowed";
    if (this.#inside.check(address, family)) return "refused";
    return family === "ipv4" || this.#outside.check(address, family) ? "public" : "refused";
  }
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}

function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = familyOf(address) ?? "ipv4";
    list.addSubnet(address, Number(bits ?? (family === "ipv4" ? 32 : 128)), family);
  }
  return list;
}
