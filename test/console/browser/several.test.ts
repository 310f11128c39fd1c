/** Writing to several: nothing goes that was not looked at, nobody is chosen by mistake, and it fits on a low screen. */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import { ScriptedServer } from "../scripted-server.ts";
import { seriousFindings } from "./accessibility.ts";
import { describeInBrowser, launchBrowser, openConsole } from "./chromium.ts";

describeInBrowser("a message to several", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let complaints: readonly string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ScriptedServer.start({ trackers: 30, messages: 10, now: Date.now() }), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const begin = async (options: BrowserContextOptions = {}): Promise<void> => {
    ({ page, complaints } = await openConsole(browser, server.url, { timeoutMs: 10_000, ...options }));
    await page.goto(`${server.url}#/broadcast`);
    await choices().first().waitFor();
  };
  const choices = (): Locator => page.locator(".recipients-list .choice");
  const search = (): Locator => page.getByRole("searchbox", { name: "Find recipients" });
  const text = (): Locator => page.getByLabel("Text", { exact: true });
  const chosen = (): Promise<readonly string[]> => page.locator(".recipients .chip bdi").allInnerTexts();
  const focusIs = (wanted: Locator): Promise<void> =>
    until(
      () => wanted.evaluate((element) => element === document.activeElement),
      () => "the focus",
    );

  it("is sent by no Enter in the search, which chooses the only match", async () => {
    await begin();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(...(request.url().match(/chat\/(?:send|broadcast)\w*$/) ?? [])));
    await text().fill("Snow on the pass");
    await search().fill("Truck 1");
    await search().press("Enter");
    expect(await chosen()).toEqual([]);
    await search().fill("Truck 17");
    await search().press("Enter");
    await search().press("Enter");
    await focusIs(search());
    expect(await chosen()).toEqual(["Truck 17"]);
    await page.getByRole("button", { name: "Review for 1 recipient" }).click();
    const heading = page.getByRole("heading", { name: "Send this to 1 tracker?" });
    await focusIs(heading);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Change it" }).click();
    await focusIs(text());
    expect(sent).toEqual([]);
  });

  it("gets the focus back when it could not be sent", async () => {
    await begin();
    await text().fill("Snow on the pass");
    await choices().first().click();
    await page.getByRole("button", { name: /^Review/ }).click();
    await page.getByRole("button", { name: "Send to 1" }).press("Enter");
    await page.locator(".notice").waitFor();
    await focusIs(page.locator(".review h2"));
  });

  it("tells the day of a delivery that came on another one", async () => {
    await begin();
    await page.route("**/tracker/chat/broadcast", (route) =>
      route.fulfill({ json: { success: true, sent_to: [1], not_sent_to: [], message_ids: { 1: 9_001 } } }),
    );
    await text().fill("Snow on the pass");
    await choices().first().click();
    await page.getByRole("button", { name: /^Review/ }).click();
    await page.getByRole("button", { name: "Send to 1" }).click();
    const recipient = page.locator(".recipients-result .status");
    await recipient.waitFor();
    server.emit("status", {
      tracker_id: 1,
      message_id: 9_001,
      status: "DELIVERED",
      state: "delivered",
      update_time: "2099-03-01T10:30:00+00:00",
    });
    await recipient.getByText("delivered 1 Mar 2099, 11:30").waitFor();
  });

  it("clears its search by Esc before it is left", async () => {
    await begin();
    await search().fill("Truck 2");
    await search().press("Escape");
    await until(
      async () => (await search().inputValue()) === "",
      () => "an empty search",
    );
    expect(page.url()).toMatch(/#\/broadcast$/);
    await search().press("Escape");
    await page.getByRole("heading", { name: "Choose a tracker" }).waitFor();
  });

  it("lists recipients by name, whoever writes meanwhile", async () => {
    await begin();
    const names = (): Promise<readonly string[]> => page.locator(".recipients-list .choice > bdi").allInnerTexts();
    const first = ["Truck 1", "Truck 2", "Truck 3", "Truck 4"];
    expect((await names()).slice(0, 4)).toEqual(first);
    server.say(28, "I am first in the roster now");
    await page.locator('a.row[data-tracker="28"] .badge').waitFor();
    expect((await names()).slice(0, 4)).toEqual(first);
  });

  it.each([
    [390, 340],
    [740, 360],
    [1_280, 800],
  ])("fits %i × %i pixels: nothing is drawn through anything else", async (width, height) => {
    await begin({ viewport: { width, height } });
    await page.locator(".recipients-filter button").click();
    await text().fill("Snow on the pass, drive carefully");
    const boxes = await page.locator(".broadcast-form > *").evaluateAll((all) =>
      all.map((part) => {
        const { top, bottom } = part.getBoundingClientRect();
        return { top, bottom, inner: Math.max(...[...part.children].map((child) => child.getBoundingClientRect().bottom)) };
      }),
    );
    for (const [index, { bottom, inner }] of boxes.entries()) {
      expect(inner).toBeLessThanOrEqual(bottom + 1);
      expect(bottom).toBeLessThanOrEqual(boxes[index + 1]?.top ?? Number.POSITIVE_INFINITY);
    }
    const list = await page.locator(".recipients-list").boundingBox();
    expect(list?.height).toBeGreaterThanOrEqual(108);
    const send = page.getByRole("button", { name: /^Review/ });
    await send.scrollIntoViewIfNeeded();
    const end = await send.boundingBox();
    expect((end?.y ?? 0) + (end?.height ?? 0)).toBeLessThanOrEqual(height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await seriousFindings(page)).toEqual([]);
  });
});
