/** Says that the server is not reached, and when it is tried again. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { reconnect } from "../account.ts";
import { say } from "../language.ts";
import { connection } from "../state.ts";
import { Icon } from "./icons.tsx";

/** A connection that comes back sooner was never missed. */
const PATIENCE_MS = 1_200;

export function Banner(): JSX.Element {
  const isLost = useLasting(connection.value.type !== "live");
  return (
    <div class="banners" role="status">
      {isLost ? <Lost /> : null}
    </div>
  );
}

function Lost(): JSX.Element {
  const now = useSeconds();
  const state = connection.value;
  const seconds = state.type === "waiting" ? Math.max(0, Math.ceil((state.until - now) / 1_000)) : 0;
  return (
    <p class="banner">
      <Icon name="warning" />
      <span>
        {say("lost.title")} <span aria-hidden="true">{seconds > 0 ? say("lost.again", { n: seconds }) : say("lost.trying")}</span>
      </span>
      <button class="quiet" type="button" onClick={reconnect}>
        {say("lost.now")}
      </button>
    </p>
  );
}

/** True once it has been true for a while. */
function useLasting(is: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!is) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [is]);
  return is && lasting;
}

function useSeconds(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return now;
}
