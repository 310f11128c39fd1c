/** The keys. */
import type { JSX } from "preact";
import type { WordKey } from "../dictionary.ts";
import { say } from "../language.ts";
import { prefs } from "../prefs.ts";
import { Modal } from "./modal.tsx";

const KEYS: readonly (readonly [keys: readonly string[], words: WordKey])[] = [
  [["j", "k"], "keys.rows"],
  [["Enter"], "keys.open"],
  [["n"], "keys.next"],
  [["Alt+Shift+↓", "Alt+Shift+↑"], "keys.unread"],
  [["/", "Ctrl+K"], "keys.search"],
  [["f"], "keys.find"],
  [["c"], "keys.compose"],
  [["b"], "keys.broadcast"],
  [["Ctrl+'", "/"], "keys.templates"],
  [["End"], "keys.end"],
  [["Esc"], "keys.back"],
  [["?"], "keys.help"],
];

export function Help(): JSX.Element {
  return (
    <Modal title={say("help.title")}>
      <dl class="key-list">
        {KEYS.map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{say(words)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>{prefs.value.enterSends ? "Enter" : "Ctrl+Enter"}</kbd>
          </dt>
          <dd>{say("keys.send")}</dd>
        </div>
      </dl>
      <p class="hint">{say("help.letters")}</p>
    </Modal>
  );
}
