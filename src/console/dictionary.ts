/** Every word of the page in every language: one that lacks a word does not compile. */
import { CHAT_WORDS } from "./words/chat-words.ts";
import { PAGE_WORDS } from "./words/page-words.ts";

export type WordKey = keyof typeof DICTIONARY;

export const DICTIONARY = { ...PAGE_WORDS, ...CHAT_WORDS } as const;
