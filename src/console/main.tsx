/** Starts the console in its page. */
import { render } from "preact";
import { resume } from "./account.ts";
import { followUnread } from "./alerts.ts";
import { followClock } from "./clock.ts";
import { followKeys } from "./keyboard.ts";
import { followPrefs } from "./prefs.ts";
import { followAddress } from "./route.ts";
import { App } from "./views/app.tsx";

followPrefs(document.documentElement);
followAddress();
followKeys();
followClock();
followUnread(document.querySelector("link#icon"));
const root = document.querySelector("#console");
if (root !== null) render(<App />, root);
void resume();
