/** Broken networks between processes of this network namespace, by rules of iptables. */
import { run } from "./run.ts";

/** Ends what it stands for. */
export type Undo = () => Promise<void>;

/** `multiport` takes so many. */
const PORTS_A_RULE = 15;
/** But for the resets themselves, which would be swallowed. */
const RESET = ["!", "--tcp-flags", "RST", "RST", "-j", "REJECT", "--reject-with", "tcp-reset"];
const NOTHING: Undo = () => Promise.resolve();

/** Packets of connections with these client ports vanish both ways: no byte, no reset; new connections work. */
export async function blackHole(clientPorts: readonly number[]): Promise<Undo> {
  return await both(clientPorts, ["-j", "DROP"]);
}

/** Whatever is sent over connections with these client ports is answered by a reset. */
export async function reset(clientPorts: readonly number[]): Promise<Undo> {
  return await both(clientPorts, RESET);
}

/** New and old connections to this server port are refused. */
export async function refuse(serverPort: number): Promise<Undo> {
  return await both([serverPort], RESET);
}

/** Nothing reaches this server port, and nothing comes from it: its machine is gone. */
export async function vanish(serverPorts: readonly number[]): Promise<Undo> {
  return await both(serverPorts, ["-j", "DROP"]);
}

/** So many of the packets from and to these client ports are lost. */
export async function lose(clientPorts: readonly number[], probability: number): Promise<Undo> {
  return await both(clientPorts, ["-m", "statistic", "--mode", "random", "--probability", String(probability), "-j", "DROP"]);
}

async function both(ports: readonly number[], what: readonly string[]): Promise<Undo> {
  if (ports.length === 0) return NOTHING;
  const rules: (readonly string[])[] = [];
  for (let at = 0; at < ports.length; at += PORTS_A_RULE) {
    const some = ports.slice(at, at + PORTS_A_RULE).join();
    for (const side of ["--sports", "--dports"]) rules.push(["INPUT", "-p", "tcp", "-m", "multiport", side, some, ...what]);
  }
  for (const rule of rules) await run("iptables", "-w", "-A", ...rule);
  return async () => {
    for (const rule of rules.splice(0)) await run("iptables", "-w", "-D", ...rule);
  };
}
