/** The fleet of this node, put together: what is read, what changes it, and how it follows the other nodes. */
import type { Accounts } from "../chat/accounts.ts";
import type { Directory } from "../chat/fleet.ts";
import type { FleetStore, SeenDevice } from "../chat/fleet-store.ts";
import type { TrackerId } from "../chat/message.ts";
import type { Clock } from "../chat/ports.ts";
import type { Protocol } from "../core/index.ts";
import { demoFleet } from "./demo.ts";
import { FleetAccounts } from "./fleet-accounts.ts";
import { FleetDirectory } from "./fleet-directory.ts";
import { FleetIndex } from "./fleet-index.ts";
import { type ErasingStore, type FleetListener, FleetSync, POLL_MS } from "./fleet-sync.ts";
import { Profiles } from "./profiles.ts";
import { Provisioning } from "./provisioning.ts";
import { UnknownDevices } from "./unknown-devices.ts";

export interface FleetDeps {
  readonly store: FleetStore;
  readonly protocols: readonly Protocol[];
  readonly messages: ErasingStore;
  readonly clock: Clock;
  /** Something went wrong that is tried again by itself. */
  readonly warn: (what: string, error: unknown) => void;
  readonly pollMs?: number;
}

/** Polls between two looks for what a node left behind when it ended. */
const POLLS_PER_SWEEP = 15;

export class Fleet {
  readonly directory: Directory;
  readonly accounts: Accounts;
  readonly provisioning: Provisioning;
  readonly #deps: FleetDeps;
  readonly #sync: FleetSync;
  readonly #unknown: UnknownDevices;
  #timer: NodeJS.Timeout | null = null;
  #stopListening: (() => void) | null = null;
  #polls = 0;
  #polling: Promise<void> = Promise.resolve();

  constructor(deps: FleetDeps) {
    const { store, clock, messages, warn } = deps;
    const profiles = new Profiles(deps.protocols);
    const sync = new FleetSync({ store, messages, warn, index: new FleetIndex(profiles) });
    this.#deps = deps;
    this.#sync = sync;
    this.#unknown = new UnknownDevices(clock);
    this.directory = new FleetDirectory({ sync, profiles, unknown: this.#unknown });
    this.accounts = new FleetAccounts({ sync, store, clock });
    this.provisioning = new Provisioning({ sync, profiles, clock });
  }

  /** Loads the fleet and follows it from then on; rejects when the store cannot be reached. */
  async start(): Promise<void> {
    await this.#sync.refresh();
    this.#stopListening = this.#deps.store.onNudge(() => this.#follow());
    this.#schedule();
  }

  /** Ends the following; resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#polling;
  }

  /** Every tracker of the fleet. */
  trackerIds(): Iterable<TrackerId> {
    return this.#sync.index.stored.keys();
  }

  /** Called after every change, of whichever node; returns what ends the calls. */
  onChange(listener: FleetListener): () => void {
    return this.#sync.onChange(listener);
  }

  /** The fleet at the store's newest version. */
  refresh(): Promise<void> {
    return this.#sync.refresh();
  }

  /** Makes the demo fleet when there is none yet; true when it did. */
  async demo(timeZone: string): Promise<boolean> {
    return (await this.provisioning.importIfEmpty(demoFleet(timeZone, this.#deps.protocols))) !== null;
  }

  /** Devices of all nodes that tried to log in and are not in the fleet now, newest first. */
  async unknown(): Promise<readonly SeenDevice[]> {
    await this.#unknown.flush(this.#deps.store);
    return (await this.#deps.store.unknown()).filter(({ key }) => this.directory.trackerOfDevice(key) === undefined);
  }

  #schedule(): void {
    const timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => {
        if (this.#timer === timer) this.#schedule();
      });
    }, this.#deps.pollMs ?? POLL_MS);
    this.#timer = timer;
    timer.unref();
  }

  async #poll(): Promise<void> {
    this.#polls += 1;
    try {
      await this.#sync.refresh();
      await this.#unknown.flush(this.#deps.store);
      if (this.#polls % POLLS_PER_SWEEP === 1) await this.#sync.sweepChores();
    } catch (error) {
      this.#deps.warn("poll", error);
    }
  }

  #follow(): void {
    this.#sync.refresh().catch((error: unknown) => this.#deps.warn("nudge", error));
  }
}
