/** The page as a whole: what is open, and what covers it. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { announcement } from "../announce.ts";
import { say } from "../language.ts";
import { openTracker, route } from "../route.ts";
import { dialog, finding, notice, session, shownTimeline, start } from "../state.ts";
import { Banner } from "./banner.tsx";
import { BroadcastPage } from "./broadcast-page.tsx";
import { BroadcastResult } from "./broadcast-result.tsx";
import { Conversation } from "./conversation.tsx";
import { Help } from "./help.tsx";
import { Icon } from "./icons.tsx";
import { Roster } from "./roster.tsx";
import { Settings } from "./settings.tsx";
import { SignIn } from "./sign-in.tsx";
import { Timeline } from "./timeline.tsx";
import { Welcome } from "./welcome.tsx";

export function App(): JSX.Element {
  const open = route.value;
  useEffect(closeAsides, [open]);
  if (start.value === "signed-out") return <SignIn />;
  if (session.value === null) return <Starting />;
  return (
    <>
      <div class="shell" data-pane={route.value.type === "home" ? "roster" : "main"}>
        <Banner />
        <Roster />
        <main>
          <Open />
        </main>
        <Timeline />
      </div>
      {dialog.value === "settings" ? <Settings /> : null}
      {dialog.value === "help" ? <Help /> : null}
      <Notice />
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}

function Starting(): JSX.Element {
  return (
    <main class="starting">
      <Banner />
      <p class="hint">{say("starting")}</p>
    </main>
  );
}

function Open(): JSX.Element {
  const open = route.value;
  switch (open.type) {
    case "home":
      return <Welcome />;
    case "tracker":
      return <Conversation key={open.id} trackerId={open.id} />;
    case "broadcast":
      return open.key === null ? <BroadcastPage /> : <BroadcastResult key={open.key} broadcastKey={open.key} />;
  }
}

function Notice(): JSX.Element {
  return (
    <div class="notices" role="alert">
      {notice.value === null ? null : (
        <p class="notice">
          <span>{notice.value}</span>
          <button class="tool" type="button" aria-label={say("close")} onClick={closeNotice}>
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}

/** What stands beside a conversation goes with it. */
function closeAsides(): void {
  finding.value = null;
  if (shownTimeline.value?.message.trackerId !== openTracker()) shownTimeline.value = null;
}

function closeNotice(): void {
  notice.value = null;
}
