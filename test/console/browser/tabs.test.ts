/** Several tabs of one browser share one stream, and none misses anything when the one that follows it is closed. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
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
  });
});
