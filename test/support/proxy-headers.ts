/** Headers of the PROXY protocol, made by hand. */

const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

export interface Ends {
  readonly source: string;
  readonly target: string;
}

export function textHeader({ source, target }: Ends): Buffer {
  const family = source.includes(":") ? "TCP6" : "TCP4";
  return Buffer.from(`PROXY ${family} ${source} ${target} 56324 5000\r\n`);
}

/** `additions`: type-length-value records behind the addresses. */
export function binaryHeader({ source, target }: Ends, additions: Buffer = Buffer.alloc(0)): Buffer {
  const addresses = Buffer.concat([packed(source), packed(target), Buffer.from([0xdc, 0x04, 0x13, 0x88])]);
  return framed(0x21, source.includes(":") ? 0x21 : 0x11, Buffer.concat([addresses, additions]));
}

/** The balancer speaks for itself. */
export function localHeader(additions: Buffer = Buffer.alloc(0)): Buffer {
  return framed(0x20, 0x00, additions);
}

export function framed(command: number, family: number, rest: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rest.length);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, rest]);
}

function packed(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [before = "", after] = address.split("::");
  const groups = (text: string): readonly number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(before), after === undefined ? [] : groups(after)];
  const all = [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
