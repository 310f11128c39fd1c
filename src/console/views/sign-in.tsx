/** The way in. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { farewell, signIn } from "../account.ts";
import { ApiError } from "../api.ts";
import { failureWords } from "../conversations.ts";
import { say } from "../language.ts";
import { choose, prefs } from "../prefs.ts";
import { Mark } from "./mark.tsx";

export function SignIn(): JSX.Element {
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    setBusy(true);
    setFailure(null);
    try {
      await signIn(String(fields.get("login")).trim(), String(fields.get("password")), fields.get("stay") !== null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(signInFailure(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <Mark />
        <h1>{say("signIn.title")}</h1>
        {farewell.value === "ended" && failure === null ? <p class="hint">{say("signIn.ended")}</p> : null}
        <label>
          {say("signIn.login")}
          <input name="login" type="text" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus />
        </label>
        <label>
          {say("signIn.password")}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <label class="choice">
          <input name="stay" type="checkbox" />
          {say("signIn.stay")}
        </label>
        <p class="failure" role="alert">
          {failure}
        </p>
        <button class="primary" type="submit" disabled={isBusy}>
          {say(isBusy ? "signIn.busy" : "signIn.submit")}
        </button>
      </form>
      <button class="quiet" type="button" lang={prefs.value.language === "en" ? "ru" : "en"} onClick={changeLanguage}>
        {say("signIn.otherLanguage")}
      </button>
    </main>
  );
}

function changeLanguage(): void {
  choose({ language: prefs.value.language === "en" ? "ru" : "en" });
}

function signInFailure({ code, retryMs }: ApiError): string {
  if (code === 102) return say("signIn.wrong");
  if (code !== 11) return failureWords(code);
  return retryMs === null ? say("signIn.tooOften") : say("signIn.tooOftenFor", { n: Math.ceil(retryMs / 1_000) });
}
