/** What a dispatcher may choose for this browser. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { allowNotifications, sound } from "../alerts.ts";
import { readAll } from "../conversations.ts";
import { say } from "../language.ts";
import { PLACES, TEMPLATES, templatesOf } from "../model/templates.ts";
import { choose, type Language, type Prefs, prefs, type Theme } from "../prefs.ts";
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
      <Switch words={say("settings.sound")} name="sound" onChange={ring} />
      <Switch words={say("settings.notifications")} name="notifications" onChange={(wanted) => void notify(wanted)} />
      {isRefused ? (
        <p class="failure" role="alert">
          {say("settings.refused")}
        </p>
      ) : null}
    </>
  );
}

function Writing(): JSX.Element {
  return (
    <>
      <Switch words={say("settings.enterSends")} name="enterSends" onChange={(enterSends) => choose({ enterSends })} />
      <Switch words={say("settings.letterKeys")} name="letterKeys" onChange={(letterKeys) => choose({ letterKeys })} />
    </>
  );
}

interface SwitchProps {
  readonly words: string;
  readonly name: { [Name in keyof Prefs]: Prefs[Name] extends boolean ? Name : never }[keyof Prefs];
  readonly onChange: (is: boolean) => void;
}

function Switch({ words, name, onChange }: SwitchProps): JSX.Element {
  return (
    <label class="choice">
      <input type="checkbox" checked={prefs.value[name]} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
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
