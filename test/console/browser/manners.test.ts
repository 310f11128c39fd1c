/** How the page behaves: by keys alone, on a narrow screen, in another language, in the dark, and when a session ends. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import { ScriptedServer } from "../scripted-server.ts";
import { findings, seriousFindings } from "./accessibility.ts";
import { describeInBrowser, launchBrowser, openConsole } from "./chromium.ts";

const TRACKERS = 40;

describeInBrowser("the page", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let complaints: readonly string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ScriptedServer.start({ trackers: TRACKERS, messages: 60, now: Date.now() }), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const enter = async (options: BrowserContextOptions = {}): Promise<void> => {
    ({ page, complaints } = await openConsole(browser, server.url, { timeoutMs: 20_000, ...options }));
  };
  const focused = (): Promise<string> =>
    page.evaluate(
      () =>
        document.activeElement?.id ||
        (document.activeElement as HTMLElement | null)?.dataset["tracker"] ||
        document.activeElement?.tagName ||
        "",
    );
  const focusIs = (wanted: string): Promise<void> =>
    until(
      async () => (await focused()) === wanted,
      () => `the focus on ${wanted}`,
    );
  const heading = (name: string): Promise<void> => page.getByRole("heading", { name, exact: true }).waitFor();

  it("can be used by keys alone", async () => {
    await enter();
    const press = (key: string): Promise<void> => page.keyboard.press(key);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const ids = await page.locator("a.row").evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["tracker"] ?? ""));
    await press("j");
    await focusIs(ids[0] ?? "");
    await press("j");
    await press("j");
    await focusIs(ids[2] ?? "");
    await press("k");
    await focusIs(ids[1] ?? "");
    await press("Enter");
    await heading(`Truck ${ids[1]}`);
    await press("c");
    await focusIs("composer");
    await page.keyboard.type("typed by keys: jknb?/");
    await press("Enter");
    await page.locator(".message.out", { hasText: "typed by keys: jknb?/" }).getByText("delivered").waitFor();
    await focusIs("composer");
    server.say(17, "look here");
    await page.locator('a.row[data-tracker="17"] .badge').waitFor();
    await press("Alt+Shift+ArrowDown");
    await heading("Truck 17");
    await press("Control+k");
    await focusIs("search");
    await page.keyboard.type("truck 23");
    await press("ArrowDown");
    await focusIs("23");
    await press("Enter");
    await heading("Truck 23");
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await press("?");
    await heading("Keys");
    await press("Escape");
    await page.getByRole("heading", { name: "Keys" }).waitFor({ state: "detached" });
    await press("b");
    await heading("Message to several");
    await press("Escape");
    await heading("Choose a tracker");
  });

  it("hears the key that comes right behind the end of a dialog", async () => {
    await enter();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("?");
    await heading("Keys");
    // The browser tells that a dialog was closed with an event of its own, which is later.
    await page.evaluate(() => {
      document.querySelector("dialog")?.close();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "b", bubbles: true }));
    });
    await heading("Message to several");
  });

  it("brings a row far down the list into view and gives it the focus", async () => {
    await enter();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    // Faster than the list can draw.
    for (let count = 0; count < TRACKERS - 1; count += 1) await page.keyboard.press("j");
    const row = page.locator("a.row:focus");
    const place = (): Promise<string> =>
      row.evaluate(
        (element) => `${element.parentElement?.getAttribute("aria-posinset")} ${element.getBoundingClientRect().bottom < innerHeight + 1}`,
      );
    await until(
      async () => (await place()) === `${TRACKERS - 1} true`,
      () => "the last row but one, in view",
    );
  });

  it("finds words in a conversation, from the newest backwards", async () => {
    await enter();
    await page.locator('a.row[data-tracker="1"]').click();
    await page.locator(".message").last().waitFor();
    await page.getByRole("button", { name: "Find in this conversation" }).click();
    await focusIs("finder");
    await page.keyboard.type("pÁLLets");
    await page.getByText("10 of 10, in 60 loaded").waitFor();
    const first = await page.locator(".message.found").getAttribute("data-message");
    await page.keyboard.press("Enter");
    await page.getByText("9 of 10, in 60 loaded").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("8 of 10, in 60 loaded").waitFor();
    const found = page.locator(".message.found");
    expect(Number(await found.getAttribute("data-message"))).toBeLessThan(Number(first));
    expect(await found.innerText()).toContain("33 pallets");
    expect(await found.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await focusIs("composer");
    expect(await page.locator(".message.found").count()).toBe(0);
  });

  it("inserts templates, by slash and by their button", async () => {
    await enter();
    await page.locator('a.row[data-tracker="5"]').click();
    const composer = page.locator("#composer");
    await composer.pressSequentially("/where");
    await page.getByRole("option", { name: "Driver 5, where are you now?" }).waitFor();
    expect(await composer.getAttribute("aria-activedescendant")).toBe("template-0");
    await composer.press("Enter");
    await until(
      async () => (await composer.inputValue()) === "Driver 5, where are you now?",
      () => "the template, filled in",
    );
    await composer.fill("Hello. ");
    await page.getByRole("button", { name: "Insert a template" }).click();
    await page.getByRole("option", { name: "Please call the dispatcher." }).click();
    const whole = "Hello. Please call the dispatcher.";
    await until(
      async () => (await composer.inputValue()) === whole,
      () => "the template where the cursor was",
    );
    await composer.press("Control+'");
    await composer.press("Escape");
    expect(await page.locator("#templates").count()).toBe(0);
    expect(await composer.inputValue()).toBe(whole);
  });

  it("speaks Russian, remembers it, and keeps the account's zone", async () => {
    await enter({ timezoneId: "America/New_York" });
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("Europe/Berlin").waitFor();
    await page.getByLabel("Language").selectOption("ru");
    await page.getByRole("heading", { name: "Настройки" }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.reload();
    await page.getByRole("navigation", { name: "Трекеры" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("ru");
    await page.locator('a.row[data-tracker="1"]').click();
    await page.locator(".messages .scroller").evaluate((scroller) => scroller.scrollTo(0, 0));
    await page
      .getByText(/Сегодня|Вчера/u)
      .first()
      .waitFor();
    const time = page.locator(".message time").last();
    const [shown, at] = [await time.innerText(), await time.getAttribute("datetime")];
    expect(shown).toBe(
      new Intl.DateTimeFormat("ru", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" }).format(new Date(at ?? "")),
    );
    expect(await findings(page)).toEqual([]);
  });

  it.each(["light", "dark"] as const)("has enough contrast when it is %s", async (colorScheme) => {
    await enter({ colorScheme });
    expect(await findings(page)).toEqual([]);
    await page.locator('a.row[data-tracker="1"]').click();
    await page.locator(".message").last().waitFor();
    await page.locator("#composer").fill("something");
    await page.getByText("9 bytes").waitFor();
    expect(await findings(page)).toEqual([]);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("Colours").selectOption(colorScheme === "light" ? "dark" : "light");
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe(ground);
    expect(await findings(page)).toEqual([]);
  });

  it("shows one pane at a time on a narrow screen, and the way back is the browser's", async () => {
    await enter({ viewport: { width: 380, height: 700 } });
    const roster = page.getByRole("navigation", { name: "Trackers" });
    await page.locator('a.row[data-tracker="1"]').click();
    await heading("Truck 1");
    expect(await roster.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await findings(page)).toEqual([]);
    await page.goBack();
    await roster.waitFor();
    expect(await page.locator("#composer").count()).toBe(0);
    await page.goForward();
    await page.getByRole("link", { name: "Back" }).click();
    await roster.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("stays where one reads, and says how much is new below", async () => {
    await enter();
    await page.locator('a.row[data-tracker="1"]').click();
    await page.locator(".message").last().waitFor();
    await page.locator(".messages .scroller").evaluate((scroller) => scroller.scrollTo(0, 300));
    await page.getByRole("button", { name: "To the newest" }).waitFor();
    const place = await page.locator(".messages .scroller").evaluate((scroller) => scroller.scrollTop);
    server.say(1, "one below");
    server.say(1, "two below");
    const jump = page.getByRole("button", { name: "2 new below" });
    await jump.waitFor();
    expect(await page.locator(".messages .scroller").evaluate((scroller) => scroller.scrollTop)).toBe(place);
    expect(await page.locator('a.row[data-tracker="1"] .badge').count()).toBe(1);
    await jump.click();
    await page.locator(".message", { hasText: "two below" }).waitFor();
    await page.locator('a.row[data-tracker="1"] .badge').waitFor({ state: "detached" });
    await jump.waitFor({ state: "detached" });
  });

  it("starts anew when the stream cannot go on: nothing is missing and nothing is old", async () => {
    await enter();
    await page.locator('a.row[data-tracker="2"]').click();
    await page.locator(".message").last().waitFor();
    const before = await page.locator(".message").count();
    server.forgetEvents();
    server.say(2, "said while nobody listened");
    server.say(9, "elsewhere");
    await page.locator(".message.in", { hasText: "said while nobody listened" }).waitFor();
    await page.locator('a.row[data-tracker="9"] .badge').waitFor();
    server.say(2, "and live again");
    await page.locator(".message.in", { hasText: "and live again" }).waitFor();
    expect(await page.locator(".message").count()).toBe(before + 2);
  });

  it("goes back to the way in when the session is over, and forgets everything", async () => {
    await enter();
    await page.locator('a.row[data-tracker="1"]').click();
    await page.locator(".message").last().waitFor();
    server.endSessions();
    await page.getByText("Your session has ended. Please sign in again.").waitFor();
    expect(
      await page.evaluate(() => [sessionStorage.length, Object.keys(localStorage).filter((key) => key.endsWith(":hash")).length]),
    ).toEqual([0, 0]);
    expect(await page.locator("body").innerText()).not.toContain("Truck");
    expect(await findings(page)).toEqual([]);
  });

  it("stays signed in where one asked for it, and signs out for good", async () => {
    await enter();
    const context = page.context();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Login").fill("dispatch@example.com");
    await page.getByLabel("Password").fill("secret");
    await page.getByLabel("Keep me signed in").check();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("a.row").first().waitFor();
    await page.close();
    page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Login").waitFor();
    await page.reload();
    await page.getByLabel("Login").waitFor();
    expect(server.called.filter((path) => path === "user/logout")).toHaveLength(2);
  });
});
