/** Texts on their way to the server: what ends a session ends it here, too, and none is lost unasked. */
import { afterEach, expect, it, vi } from "vitest";
import { ApiError } from "../../src/console/api.ts";

const calls = vi.hoisted(() => ({ send: vi.fn() }));
vi.mock("../../src/console/calls.ts", () => calls);
const page = new EventTarget();
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));

const { discardText, followSending, sendText } = await import("../../src/console/sending.ts");
const { isRefused, session, unsent } = await import("../../src/console/state.ts");

const asksBeforeClosing = (): boolean => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));

afterEach(() => {
  vi.resetAllMocks();
  unsent.value = [];
});

it("tells when the session is over, and keeps the text", async () => {
  session.value = { hash: "h", user: { id: 1, login: "d", timeZone: "UTC" } };
  calls.send.mockRejectedValue(new ApiError(4, "no session"));
  sendText(5, "hello", []);
  await vi.waitFor(() => expect(isRefused.value).toBe(true));
  expect(unsent.value.map(({ text, state }) => [text, state.type])).toEqual([["hello", "waiting"]]);
});

it("has the browser ask before the page is closed with a text that was not sent", async () => {
  const stop = followSending(1);
  expect(asksBeforeClosing()).toBe(false);
  session.value = { hash: "h", user: { id: 1, login: "d", timeZone: "UTC" } };
  calls.send.mockRejectedValueOnce(new ApiError(0, "away"));
  sendText(5, "must go out", []);
  expect(asksBeforeClosing()).toBe(true);
  await vi.waitFor(() => expect(unsent.value[0]?.state.type).toBe("waiting"));
  expect(asksBeforeClosing()).toBe(true);
  for (const text of unsent.value) discardText(text);
  expect(asksBeforeClosing()).toBe(false);
  calls.send.mockResolvedValue(9);
  sendText(5, "went out", []);
  await vi.waitFor(() => expect(unsent.value[0]?.state.type).toBe("sent"));
  expect(asksBeforeClosing()).toBe(false);
  sendText(5, "and another", []);
  stop();
  expect(asksBeforeClosing()).toBe(false);
});
