/** Commands are on the same keys whatever the layout writes there. */
import { expect, it } from "vitest";
import { latinKey } from "../../src/console/latin-key.ts";

it.each([
  ["as it is", { key: "j", code: "KeyJ" }, "j"],
  ["on a Russian layout", { key: "о", code: "KeyJ" }, "j"],
  ["on a Greek layout", { key: "ξ", code: "KeyJ" }, "j"],
  ["the apostrophe of a Russian layout", { key: "э", code: "Quote" }, "'"],
  ["with Caps Lock", { key: "J", code: "KeyJ" }, "j"],
  ["with Caps Lock on a Russian layout", { key: "О", code: "KeyJ" }, "j"],
  ["with Shift", { key: "J", code: "KeyJ", shiftKey: true }, "J"],
  ["with Shift on a Russian layout", { key: "О", code: "KeyJ", shiftKey: true }, "J"],
  ["where another Latin layout has another letter", { key: "c", code: "KeyJ" }, "c"],
  ["where a Latin layout has no letter", { key: "’", code: "KeyN" }, "’"],
  ["a letter with an accent", { key: "é", code: "KeyF" }, "é"],
  ["a sign", { key: "?", code: "Digit7", shiftKey: true }, "?"],
  ["a named key", { key: "Escape", code: "Escape" }, "Escape"],
  ["a letter of a key without a Latin one", { key: "ж", code: "Semicolon" }, "ж"],
] as const)("names a key: %s", (_, event, name) => {
  expect(latinKey({ shiftKey: false, ...event })).toBe(name);
});
