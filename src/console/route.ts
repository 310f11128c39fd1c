/** Which conversation is open is in the address, so that going back and bookmarks work. */
import { signal } from "@preact/signals";
import type { TrackerId } from "./model/message.ts";

export type Route =
  | { readonly type: "home" }
  | { readonly type: "tracker"; readonly id: TrackerId }
  | { readonly type: "broadcast"; readonly key: string | null };

const ADDRESS = /^#\/(tracker|broadcast)(?:\/([\w-]{1,64}))?$/;

export const route = signal<Route>(routeOf(location.hash));

export function followAddress(): void {
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

export function go(to: Route): void {
  location.hash = addressOf(to);
}

export function addressOf(to: Route): string {
  switch (to.type) {
    case "home":
      return "#/";
    case "tracker":
      return `#/tracker/${to.id}`;
    case "broadcast":
      return to.key === null ? "#/broadcast" : `#/broadcast/${to.key}`;
  }
}

/** The open conversation's tracker. */
export function openTracker(): TrackerId | null {
  return route.value.type === "tracker" ? route.value.id : null;
}

function routeOf(hash: string): Route {
  const [, kind, name] = ADDRESS.exec(hash) ?? [];
  if (kind === "broadcast") return { type: "broadcast", key: name ?? null };
  const id = Number(name);
  return kind === "tracker" && Number.isSafeInteger(id) ? { type: "tracker", id } : { type: "home" };
}
