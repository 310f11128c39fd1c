/** Several tabs of one browser share one stream, and none misses anything when the one that follows it is closed. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import { ScriptedServer } from "../scripted-server.ts";
import { describeInBrowser, launchBrowser, signIn } from "./chromium.ts";

describeInBrowser("several tabs", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ScriptedServer.start({ trackers: 5, messages: 3, now: Date.now() }), launchBrowser()]);
    context = await browser.newContext();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const openTab = async (): Promise<Page> => {
    const page = await context.newPage();
    await signIn(page, server.url, "dispatch@example.com", "secret");
    await page.locator("a.row").first().waitFor();
    return page;
  };
  const heard = (page: Page, text: string): Promise<void> => page.locator("a.row", { hasText: text }).waitFor();

  it("share one stream, and the next one takes over without a gap", async () => {
    const first = await openTab();
    const others = [await openTab(), await openTab()];
    await until(
      () => server.listeners === 1,
      () => `one stream, not ${server.listeners}`,
    );
    server.say(2, "to all of you");
    await Promise.all([first, ...others].map((page) => heard(page, "to all of you")));
    await first.close();
    server.say(3, "while nobody listened");
    await Promise.all(others.map((page) => heard(page, "while nobody listened")));
    await until(
      () => server.listeners === 1,
      () => `one stream again, not ${server.listeners}`,
    );
    server.say(4, "and afterwards");
    await Promise.all(others.map((page) => heard(page, "and afterwards")));
    for (const page of others) await page.close();
  });

  it("call for no text that is looked at in one of them", async () => {
    await context.addInitScript(() => {
      const shown: string[] = [];
      function Notification(_: string, { body = "" }: NotificationOptions): object {
        shown.push(body);
        return new EventTarget();
      }
      Object.assign(globalThis, { shown, Notification: Object.assign(Notification, { permission: "granted" }) });
      localStorage.setItem("tracker-chat:prefs", JSON.stringify({ notifications: true }));
    });
    const [leading, other] = [await openTab(), await openTab()];
    await other.locator('a.row[data-tracker="5"]').click();
    await other.locator(".message").last().waitFor();
    const called = (): Promise<readonly string[]> => leading.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
    server.say(5, "looked at");
    server.say(4, "not looked at");
    await until(
      async () => (await called()).length > 0,
      () => "a notification",
    );
    // It came first: its call would be there by now.
    expect(await called()).toEqual(["not looked at"]);
  });
});
