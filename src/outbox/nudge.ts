/** What a line of this very node is told without a way round by Redis. */
import type { TrackerId } from "../chat/message.ts";
import type { News, Outbox } from "../chat/ports.ts";

export interface OwnLines {
  hint(trackerId: TrackerId, epoch: number, news?: News): unknown;
  get(trackerId: TrackerId): { hint(news: "coming"): void } | undefined;
}

/**
 * A line here is told at once; the mail goes out as well, and names the text, so that a line that has it does not ask again. It is told even before the
 * text is stored: its request goes to Redis right behind, and both are one way there and back.
 */
export function nudging(post: Outbox, { node, lines }: { readonly node: string; readonly lines: OwnLines }): Outbox {
  return {
    expect: (trackerId) => lines.get(trackerId)?.hint("coming"),
    hint: (trackerId, owner, news) => {
      if (owner.node === node) lines.hint(trackerId, owner.epoch, news);
      return post.hint(trackerId, owner, news);
    },
  };
}
