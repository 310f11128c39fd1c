/** What the page says: every language has the same places for values, and the status of a text is told once and for all. */
import { describe, expect, it } from "vitest";
import { DICTIONARY } from "../../src/console/dictionary.ts";
import { MESSAGE_STATES, type MessageState } from "../../src/console/model/message.ts";
import { ORIGIN } from "../../src/console/model/position.ts";
import { statusOf, whyNot } from "../../src/console/model/status.ts";
import type { Forms } from "../../src/console/words/entry.ts";

const LANGUAGES = ["en", "ru"] as const;
/** Forms that a language distinguishes in whole numbers. */
const PLURALS = { en: ["one"], ru: ["one", "few"] };

const entries: readonly (readonly [string, Readonly<Record<"en" | "ru", string | Forms>>])[] = Object.entries(DICTIONARY);

function textsOf(words: string | Forms): readonly string[] {
  return typeof words === "string" ? [words] : Object.values(words);
}

function places(text: string): readonly string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}

describe("the dictionary", () => {
  it.each(LANGUAGES)("has words for everything in %s", (language) => {
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter(([, words]) => textsOf(words[language]).some((text) => text.trim() === "")).map(([key]) => key)).toEqual([]);
  });

  it("has the same places for values in every language and every form", () => {
    const different = entries.filter(([, { en, ru }]) => {
      const all = [...textsOf(en), ...textsOf(ru)].map((text) => places(text).join());
      return new Set(all).size > 1;
    });
    expect(different.map(([key]) => key)).toEqual([]);
  });

  it("has the plural forms of each language wherever one has any", () => {
    for (const [key, { en, ru }] of entries) {
      if (typeof en === "string" && typeof ru === "string") continue;
      expect([key, Object.keys(en).sort(), Object.keys(ru).sort()]).toEqual([
        key,
        [...PLURALS.en, "other"].sort(),
        [...PLURALS.ru, "other"].sort(),
      ]);
    }
  });

  it("is Russian where it says so", () => {
    const latin = entries.filter(([, { ru }]) => textsOf(ru).some((text) => !/[а-яё]/i.test(text.replaceAll(/\{\w+\}/g, ""))));
    expect(latin.map(([key]) => key).sort()).toEqual(["announce.incoming", "signIn.otherLanguage"]);
  });
});

describe("the status of a text", () => {
  const outgoing = MESSAGE_STATES.filter((state) => state !== "unread" && state !== "marked-read");
  const told = (state: MessageState, online: boolean) => statusOf({ state, updatedAt: 7 }, online);

  it.each(outgoing)("%s has words of its own", (state) => {
    const words = outgoing.map((other) => told(other, true).words);
    expect(words.filter((other) => other === told(state, true).words)).toHaveLength(1);
    expect(DICTIONARY[told(state, true).words].en).not.toBe("");
  });

  it("says that an offline device will get what is queued", () => {
    expect(told("queued", false).words).toBe("state.queuedOffline");
    expect(told("queued", true).words).toBe("state.queued");
  });

  it("has a time only where it is known", () => {
    expect(outgoing.filter((state) => told(state, true).at !== null)).toEqual(["delivered"]);
  });

  it("explains each state that is not delivered, and no other", () => {
    const message = (state: MessageState) => ({
      direction: "OUTGOING" as const,
      progress: { state, updatedAt: null, reason: null, receipt: null, altered: false, at: ORIGIN },
    });
    const explained = outgoing.filter((state) => whyNot(message(state), true) !== null);
    expect(explained).toEqual(["queued", "written", "rejected", "unconfirmed", "expired", "cancelled", "dead-lettered"]);
    expect(whyNot(message("queued"), false)).toBe("offline");
    expect(whyNot({ ...message("queued"), direction: "INCOMING" }, false)).toBeNull();
    for (const state of explained) expect(Object.keys(DICTIONARY)).toContain(`why.${whyNot(message(state), true)}`);
  });
});
