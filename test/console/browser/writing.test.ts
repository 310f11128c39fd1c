/** What one types goes to the driver whom one has in front, and nothing that was written is lost. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import { ScriptedServer } from "../scripted-server.ts";
import { describeInBrowser, launchBrowser, signIn } from "./chromium.ts";

describeInBrowser("writing", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: readonly string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ScriptedServer.start({ trackers: 30, messages: 300, now: Date.now() }), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  const enter = async (options: BrowserContextOptions = {}): Promise<void> => {
    context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-GB", ...options });
    page = await openTab();
  };
  const openTab = async (): Promise<Page> => {
    const tab = await context.newPage();
    tab.setDefaultTimeout(10_000);
    complaints = await signIn(tab, server.url, "dispatch@example.com", "secret");
    await tab.locator("a.row").first().waitFor();
    return tab;
  };
  const row = (id: number, tab = page): Locator => tab.locator(`a.row[data-tracker="${id}"]`);
  const composer = (tab = page): Locator => tab.locator("#composer");
  const templates = (): Locator => page.locator("#templates");
  const open = async (id: number, tab = page): Promise<void> => {
    await row(id, tab).click();
    await tab.getByRole("heading", { name: `Truck ${id}`, exact: true }).waitFor();
    await tab.locator(".message").last().waitFor();
  };
  const reads = (field: Locator, text: string): Promise<void> =>
    until(
      async () => (await field.inputValue()) === text,
      () => `the words "${text}"`,
    );
  const hasFocus = (field: Locator): Promise<void> =>
    until(
      () => field.evaluate((element) => element === document.activeElement),
      () => "the focus",
    );

  it("goes to the conversation that was opened by a click, whatever else is unread", async () => {
    await enter();
    server.say(9, "where to?");
    await row(9).locator(".badge").waitFor();
    await open(5);
    await page.keyboard.type("no cancel it");
    await reads(composer(), "no cancel it");
    expect(page.url()).toMatch(/tracker\/5$/);
    // Also when it was open already.
    await row(5).click();
    await page.keyboard.type("!");
    await reads(composer(), "no cancel it!");
    expect(await row(9).locator(".badge").count()).toBe(1);
  });

  it("goes on in the conversation that one jumps to while one writes", async () => {
    await enter();
    await open(7);
    await composer().fill("half written");
    server.say(20, "please answer");
    await row(20).locator(".badge").waitFor();
    await composer().press("Alt+Shift+ArrowDown");
    await page.getByRole("heading", { name: "Truck 20", exact: true }).waitFor();
    await page.keyboard.type("now");
    await reads(composer(), "now");
  });

  it("leaves the focus in the roster to those who walk it by keys, and brings up no keyboard on a phone", async () => {
    await enter();
    await row(5).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Truck 5", exact: true }).waitFor();
    await hasFocus(row(5));
    await context.close();
    await enter({ viewport: { width: 390, height: 750 }, hasTouch: true, isMobile: true });
    await row(5).tap();
    await page.locator(".message").last().waitFor();
    expect(await composer().evaluate((field) => field === document.activeElement)).toBe(false);
  });

  it("can be left by letters of another layout, which are commands then", async () => {
    await enter();
    await page.evaluate(() => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "и", code: "KeyB", bubbles: true, cancelable: true }));
    });
    await page.getByRole("heading", { name: "Message to several", exact: true }).waitFor();
    await page.evaluate(() => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "л", code: "KeyK", ctrlKey: true, bubbles: true, cancelable: true }));
    });
    await hasFocus(page.locator("#search"));
  });

  it("keeps the answers of a question with its text, and Esc in one goes back to the text", async () => {
    await enter();
    await open(1);
    await page.getByRole("button", { name: "Ask a question" }).click();
    const answer = page.getByRole("textbox", { name: "Answer 2" });
    await answer.fill("Tomorrow morning");
    await answer.press("Escape");
    await hasFocus(composer());
    await composer().fill("When can you load?");
    await open(5);
    expect(await page.locator(".choices-editor").count()).toBe(0);
    await open(1);
    expect([await composer().inputValue(), await answer.inputValue()]).toEqual(["When can you load?", "Tomorrow morning"]);
    await page.reload();
    await reads(answer, "Tomorrow morning");
    await composer().press("Enter");
    await answer.waitFor({ state: "detached" });
    await reads(composer(), "");
  });

  it("loses nothing to another tab, neither a draft nor a choice", async () => {
    await enter();
    const other = await openTab();
    await open(5);
    await composer().fill("A long careful draft");
    await row(5, other).getByText("A long careful draft").waitFor();
    await open(6, other);
    await composer(other).fill("Of the other tab");
    await row(6).getByText("Of the other tab").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.locator("#templates-field").fill("My own template");
    await page.getByRole("button", { name: "Close" }).click();
    await other.getByRole("button", { name: "Settings" }).click();
    await other.getByLabel("Colours").selectOption("dark");
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.close();
    page = other;
    await page.reload();
    await row(5).getByText("A long careful draft").waitFor();
    await row(6).getByText("Of the other tab").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await reads(page.locator("#templates-field"), "My own template");
  });

  it("keeps what another tab wrote that this one could not hear of", async () => {
    await enter();
    await open(5);
    await composer().fill("of this tab");
    // As a tab does whose event is still on its way.
    await page.evaluate(() => {
      localStorage.setItem("tracker-chat:drafts:1", '[[6,"of another tab"]]');
      localStorage.setItem("tracker-chat:prefs", '{"templates":["of another tab"]}');
    });
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("Colours").selectOption("dark");
    await page.reload();
    await row(6).getByText("of another tab").waitFor();
    await row(5).getByText("of this tab").waitFor();
    expect(await page.evaluate(() => localStorage.getItem("tracker-chat:prefs"))).toBe('{"templates":["of another tab"],"theme":"dark"}');
  });

  it("takes templates by keys from their button, and a click elsewhere closes them", async () => {
    await enter();
    await open(5);
    const button = page.getByRole("button", { name: "Insert a template" });
    await button.click();
    await page.keyboard.press("ArrowDown");
    await templates().locator('#template-1[aria-selected="true"]').waitFor();
    await page.keyboard.press("Escape");
    await templates().waitFor({ state: "detached" });
    expect(page.url()).toMatch(/tracker\/5$/);
    await page.keyboard.press("Control+'");
    await templates().waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.type("/");
    await templates().waitFor();
    await page.keyboard.press("Escape");
    await templates().waitFor({ state: "detached" });
    await composer().fill("");
    await button.click();
    await templates().waitFor();
    await page.locator(".messages").click({ position: { x: 20, y: 20 } });
    await templates().waitFor({ state: "detached" });
  });

  it("shows the template that is chosen, far down the list too", async () => {
    await enter();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.locator("#templates-field").fill(Array.from({ length: 30 }, (_, index) => `Template number ${index}`).join("\n"));
    await page.getByRole("button", { name: "Close" }).click();
    await open(5);
    await page.keyboard.press("Control+'");
    await templates().waitFor();
    for (let count = 0; count < 20; count += 1) await page.keyboard.press("ArrowDown");
    const chosen = templates().locator('#template-20[aria-selected="true"]');
    await chosen.waitFor();
    const inView = await chosen.evaluate((option) => {
      const [list, place] = [option.parentElement?.getBoundingClientRect(), option.getBoundingClientRect()];
      return list !== undefined && place.top >= list.top && place.bottom <= list.bottom;
    });
    expect(inView).toBe(true);
  });

  it("is not in the way of a notice that something failed", async () => {
    await enter();
    await open(1);
    // The scripted server knows no life of a message.
    await page.locator(".message.out .status").last().click();
    await page.locator(".notice").waitFor();
    const inTheMiddle = await composer().evaluate((field) => {
      const { left, top, width, height } = field.getBoundingClientRect();
      return document.elementFromPoint(left + width / 2, top + height / 2)?.id;
    });
    expect(inTheMiddle).toBe("composer");
  });

  it("says that notifications are off when the browser denies them", async () => {
    await enter();
    await page.addInitScript(() => {
      localStorage.setItem("tracker-chat:prefs", '{"notifications":true}');
      Object.defineProperty(Notification, "permission", { get: () => "denied" });
      Notification.requestPermission = () => Promise.resolve("denied");
    });
    await page.reload();
    await page.getByRole("button", { name: "Settings" }).click();
    const choice = page.getByLabel("Notifications of the browser");
    expect(await choice.isChecked()).toBe(false);
    await choice.click();
    await page.locator("dialog [role=alert]").waitFor();
    expect(await choice.isChecked()).toBe(false);
  });
});
