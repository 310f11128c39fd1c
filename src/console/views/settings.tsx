/** What a dispatcher may choose for this browser. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { allowNotifications, sound } from "../alerts.ts";
import { readAll } from "../conversations.ts";
import { say } from "../language.ts";
import { PLACES, TEMPLATES, templatesOf } from "../model/templates.ts";
import { choose, type Language, prefs, type Theme } from "../prefs.ts";
import { session, unread } from "../state.ts";
import { Modal } from "./modal.tsx";
import { templates } from "./template-picker.tsx";

export function Settings(): JSX.Element {
  return (
    <Modal title={say("settings.title")}>
      <div class="settings">
        <Look />
        <Attention />
        <Writing />
        <Templates />
        <p class="hint">{say("settings.zone", { zone: session.value?.user.timeZone ?? "UTC" })}</p>
        {unread.value === 0 ? null : (
          <button class="quiet" type="button" onClick={() => void readAll(null)}>
            {say("settings.readAll", { n: unread.value })}
          </button>
        )}
      </div>
    </Modal>
  );
}

function Look(): JSX.Element {
  return (
    <>
      <label class="setting">
        {say("settings.language")}
        <select value={prefs.value.language} onChange={({ currentTarget }) => choose({ language: currentTarget.value as Language })}>
          <option value="en">English</option>
          <option value="ru">Русский</option>
        </select>
      </label>
      <label class="setting">
        {say("settings.theme")}
        <select value={prefs.value.theme} onChange={({ currentTarget }) => choose({ theme: currentTarget.value as Theme })}>
          <option value="system">{say("settings.system")}</option>
          <option value="light">{say("settings.light")}</option>
          <option value="dark">{say("settings.dark")}</option>
        </select>
      </label>
    </>
  );
}

function Attention(): JSX.Element {
  const [isRefused, setRefused] = useState(false);
  const notify = async (wanted: boolean): Promise<void> => {
    const allowed = wanted && (await allowNotifications());
    setRefused(wanted && !allowed);
    choose({ notifications: allowed });
  };
  const ring = (wanted: boolean): void => {
    choose({ sound: wanted });
    if (wanted) sound();
  };
  return (
    <>
      <Switch words={say("settings.sound")} isOn={prefs.value.sound} onChange={ring} />
      <Switch
        words={say("settings.notifications")}
        isOn={prefs.value.notifications && isAllowed()}
        onChange={(wanted) => void notify(wanted)}
      />
      {isRefused ? (
        <p class="failure" role="alert">
          {say("settings.refused")}
        </p>
      ) : null}
    </>
  );
}

/** The browser may have been told otherwise since. */
function isAllowed(): boolean {
  return "Notification" in window && Notification.permission === "granted";
}

function Writing(): JSX.Element {
  const { enterSends, letterKeys } = prefs.value;
  return (
    <>
      <Switch words={say("settings.enterSends")} isOn={enterSends} onChange={(is) => choose({ enterSends: is })} />
      <Switch words={say("settings.letterKeys")} isOn={letterKeys} onChange={(is) => choose({ letterKeys: is })} />
    </>
  );
}

interface SwitchProps {
  readonly words: string;
  readonly isOn: boolean;
  readonly onChange: (is: boolean) => void;
}

function Switch({ words, isOn, onChange }: SwitchProps): JSX.Element {
  return (
    <label class="choice">
      <input type="checkbox" checked={isOn} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      {words}
    </label>
  );
}

function Templates(): JSX.Element {
  return (
    <div class="field">
      <label for="templates-field">{say("templates.title")}</label>
      <textarea
        id="templates-field"
        rows={5}
        dir="auto"
        defaultValue={templates().join("\n")}
        maxLength={TEMPLATES.most * TEMPLATES.characters}
        aria-describedby="templates-hint"
        onChange={({ currentTarget }) => choose({ templates: templatesOf(currentTarget.value) })}
      />
      <p class="hint" id="templates-hint">
        {say("templates.hint", { places: PLACES.map((place) => `{${place}}`).join(" ") })}
      </p>
    </div>
  );
}
