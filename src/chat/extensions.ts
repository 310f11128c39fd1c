/** The chat's calls beyond the documented seven. All refusals are `ChatError`s. */
import { capabilitiesUnder } from "../core/capabilities.ts";
import type { CharsetName } from "../core/charset.ts";
import type { Capabilities } from "../core/protocol.ts";
import { isChatTracker, knownTracker, listedTrackers, ownTracker, takesText } from "./access.ts";
import { ChatError } from "./chat-error.ts";
import type { ChatText } from "./chat-text.ts";
import type { EventId, EventStore } from "./events.ts";
import type { Directory, Tracker, User } from "./fleet.ts";
import type { Message, MessageId, TrackerId } from "./message.ts";
import type { MessageStore, RosterEntry } from "./ports.ts";
import type { TimelineEntry } from "./timeline.ts";
import { unlessDown } from "./unless-down.ts";
import { type Withdrawing, withdraw } from "./withdrawal.ts";

export interface ExtensionsOptions extends Withdrawing {
  readonly store: Pick<MessageStore, "find" | "cancel" | "timeline" | "roster">;
  readonly directory: Directory;
  readonly events: Pick<EventStore, "place">;
}

/** What a list of trackers shows, and the place from which live events go on from it. */
export interface Roster {
  readonly eventId: EventId;
  readonly list: readonly (RosterEntry & { readonly protocol: string | null })[];
}

/** What a tracker's device can do for a chat. */
export interface DeviceCapabilities extends Pick<Capabilities, "textDown" | "textUp" | "receipts" | "read" | "choices" | "window"> {
  readonly charset: CharsetName;
  readonly bytesPerPart: number;
}

/** How one text would go out. */
export interface TextOutlook {
  readonly parts: number;
  /** Characters that the device's charset lacks, each once. */
  readonly lost: readonly string[];
  readonly sendable: boolean;
}

/** `device` and `text` are null while the tracker's protocol is not known. */
export interface TrackerCapabilities {
  readonly protocol: string | null;
  readonly device: DeviceCapabilities | null;
  readonly text: TextOutlook | null;
}

export class Extensions {
  readonly #options: ExtensionsOptions;

  constructor(options: ExtensionsOptions) {
    this.#options = options;
  }

  /** Null: every tracker that is there for the account's chat. Throws 221, 217, 14. */
  async roster(user: User, trackerIds: readonly TrackerId[] | null): Promise<Roster> {
    const trackers = this.#rosterTrackers(user, trackerIds);
    // Before the data: what happens in between is told once more, and nothing is missed.
    const { end } = await unlessDown(14, this.#options.events.place(user.id, null, true));
    const entries = await unlessDown(14, this.#options.store.roster(trackers.map(({ id }) => id)));
    return { eventId: end, list: entries.map((entry, at) => ({ ...entry, protocol: trackers[at]?.protocol ?? null })) };
  }

  /** Throws 201, 14. */
  async timeline(user: User, id: MessageId): Promise<readonly TimelineEntry[]> {
    const { trackerId } = await this.#own(user, id);
    return await unlessDown(14, this.#options.store.timeline(trackerId, id));
  }

  /** Withdraws a pending OUTGOING message. Throws 201, also for an INCOMING one, 13 when it is not pending any more, 14. */
  async cancel(user: User, id: MessageId): Promise<void> {
    const { trackerId, direction } = await this.#own(user, id);
    if (direction === "INCOMING") throw new ChatError(201);
    if ((await unlessDown(14, withdraw(this.#options, trackerId, id))) === "not-pending") throw new ChatError(13);
  }

  /** `text`: how it would go out is told as well. Throws 201, 208, 236. */
  capabilities(user: User, trackerId: TrackerId, text: ChatText | null): TrackerCapabilities {
    const tracker = knownTracker(this.#options.directory, user, trackerId);
    const protocol = tracker.protocol === null ? undefined : this.#options.directory.protocol(tracker.protocol);
    if (protocol === undefined) return { protocol: tracker.protocol, device: null, text: null };
    const capabilities = capabilitiesUnder(protocol, tracker.profile);
    const { textUp, receipts, read, choices, window } = capabilities;
    const { charset, bytesPerPart, parts, lost, empty } = protocol.preview(text ?? ANY_TEXT, tracker.profile);
    const textDown = this.#textDown(tracker, capabilities);
    return {
      protocol: tracker.protocol,
      device: { textDown, textUp, receipts, read, choices, window, charset, bytesPerPart },
      text: text === null ? null : { parts, lost, sendable: textDown !== "none" && !empty },
    };
  }

  #rosterTrackers(user: User, trackerIds: readonly TrackerId[] | null): readonly Tracker[] {
    if (trackerIds !== null) return listedTrackers(this.#options.directory, user, trackerIds, "read");
    return this.#options.directory.trackersOf(user.id).filter((tracker) => isChatTracker(this.#options.directory, user.id, tracker));
  }

  #textDown(tracker: Tracker, { textDown }: Capabilities): Capabilities["textDown"] {
    return takesText(this.#options.directory, tracker) ? textDown : "none";
  }

  async #own(user: User, id: MessageId): Promise<Message> {
    const [message] = await unlessDown(14, this.#options.store.find([id]));
    if (!message || ownTracker(this.#options.directory, user, message.trackerId) === undefined) throw new ChatError(201);
    return message;
  }
}

/** Charset and bytes of a part are the same for every text. */
const ANY_TEXT = "-";
