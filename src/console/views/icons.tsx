/** Shapes, drawn here: they say the same as the words beside them, so screen readers skip them. */
import type { JSX } from "preact";
import type { StatusIcon } from "../model/status.ts";

export type IconName =
  | StatusIcon
  | "back"
  | "close"
  | "search"
  | "settings"
  | "help"
  | "broadcast"
  | "send"
  | "template"
  | "ask"
  | "down"
  | "up"
  | "out"
  | "retry"
  | "add"
  | "check"
  | "warning";

const PATHS: Readonly<Record<IconName, string>> = {
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2 1.6",
  tick: "m3.5 8.5 3 3 6-7",
  ticks: "m1.5 8.5 3 3 6-7M7 10.7l.8.8 6-7",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8ZM8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4Z",
  reply: "M6.5 3.5 2.5 7.5l4 4M3 7.5h6.5a4 4 0 0 1 4 4v1",
  cross: "m4 4 8 8M12 4l-8 8",
  question: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.6M8 12.4v.1",
  withdrawn: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM4.2 4.2l7.6 7.6",
  back: "M10 3 5 8l5 5",
  close: "m4 4 8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3l3.2 3.2",
  settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
  help: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM6.2 6.2a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.2M8 11.3v.1",
  broadcast: "M3 6.5v3h2l5 3v-9l-5 3H3ZM12.3 5.8a3 3 0 0 1 0 4.4M5 9.7v3h1.8v-2",
  send: "M2.5 8 13.5 3l-3.6 10.5-2.2-4.3L2.5 8Zm5.2 1.2L13.5 3",
  template: "M3 2.5h10v11H3ZM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
  ask: "M2.5 3h11v8h-6l-3 2.5V11h-2ZM6.5 6a1.5 1.5 0 1 1 2.2 1.3c-.5.3-.7.5-.7 1M8 9.6v.1",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  up: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  out: "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  add: "M8 3v10M3 8h10",
  check: "m3 8.5 3.5 3.5L13 4.5",
  warning: "M8 2.2 14.5 13.5h-13L8 2.2ZM8 6.5v3.2M8 11.6v.1",
};

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
