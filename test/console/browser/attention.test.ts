/** What a dispatcher has not seen yet stays easy to see, and the page says nothing that it does not know. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import { ScriptedServer } from "../scripted-server.ts";
import { describeInBrowser, launchBrowser, signIn } from "./chromium.ts";

const NEW_TEXTS = 40;
/** Long enough for what must not happen. */
const QUIET_MS = 700;

describeInBrowser("what is new", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let complaints: readonly string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await ScriptedServer.start({ trackers: 8, messages: 200, now: Date.now() - 600_000 });
    page = await (await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-GB" })).newPage();
    page.setDefaultTimeout(20_000);
  });
  afterEach(async () => {
    await page.context().close();
    await server.stop();
    expect(complaints).toEqual([]);
  });

  const enter = async (): Promise<void> => {
    complaints = await signIn(page, server.url, "dispatch@example.com", "secret");
    await row(1).waitFor();
  };
  const row = (id: number): Locator => page.locator(`a.row[data-tracker="${id}"]`);
  const open = async (id: number): Promise<void> => {
    await row(id).click();
    await page.locator(".message").last().waitFor();
  };
  const scroller = (): Locator => page.locator(".messages .scroller");
  const scroll = (by: number): Promise<void> => scroller().evaluate((element, dy) => element.scrollBy(0, dy), by);
  const place = (): Promise<number> => scroller().evaluate(({ scrollTop }) => Math.round(scrollTop));
  const mark = (): Locator => page.locator(".messages .new");
  /** Of the mark below the top of the list. */
  const markTop = async (): Promise<number> => {
    const [one, other] = [await mark().boundingBox(), await scroller().boundingBox()];
    return (one?.y ?? Number.NaN) - (other?.y ?? 0);
  };
  /** What stands right below the mark. */
  const marked = (): Promise<string | null> =>
    page.locator(".messages li", { has: page.locator(".new") }).evaluate((line) => line.nextElementSibling?.textContent ?? null);
  const sayMany = async (id: number): Promise<void> => {
    for (let index = 0; index < NEW_TEXTS; index += 1) server.say(id, `number ${index} ${"with some words ".repeat(index % 7)}`);
    await row(id).getByText(String(NEW_TEXTS), { exact: true }).waitFor();
  };

  it("is where a conversation opens, and is read once the end was in view", async () => {
    await enter();
    await sayMany(2);
    await open(2);
    await mark().waitFor();
    await page.waitForTimeout(QUIET_MS);
    expect(Math.abs(await markTop())).toBeLessThan(40);
    expect(await row(2).locator(".badge").count()).toBe(1);
    expect(server.called).not.toContain("tracker/chat/mark_read");
    await page.getByRole("button", { name: "To the newest" }).click();
    await row(2).locator(".badge").waitFor({ state: "detached" });
  });

  it.each([
    [12, "far below the first that is here"],
    [195, "at the first that is here, while older ones come"],
  ])("is where a conversation opens with %i new texts: %s", async (count) => {
    await enter();
    for (let index = 0; index < count; index += 1) server.say(1, `number ${index} ${"with some words ".repeat(index % 17)}`);
    await row(1).getByText(String(count), { exact: true }).waitFor();
    await open(1);
    await mark().waitFor();
    await page.waitForTimeout(QUIET_MS);
    expect(Math.abs(await markTop())).toBeLessThan(40);
    expect(await marked()).toContain("number 0");
    await page.getByRole("button", { name: "To the newest" }).waitFor();
  });

  it("opens at the end where all of it fits", async () => {
    await enter();
    server.say(1, "one");
    server.say(1, "two");
    await row(1).locator(".badge").waitFor();
    await open(1);
    await row(1).locator(".badge").waitFor({ state: "detached" });
    await mark().waitFor();
    expect(await page.locator(".jump").count()).toBe(0);
    expect(await page.locator(".message", { hasText: "two" }).isVisible()).toBe(true);
  });

  it("keeps its mark when the window loses the focus, until something newer comes", async () => {
    await enter();
    server.say(2, "the first");
    await row(2).locator(".badge").waitFor();
    await open(2);
    await row(2).locator(".badge").waitFor({ state: "detached" });
    await page.evaluate(() => {
      document.hasFocus = () => false;
      dispatchEvent(new Event("blur"));
    });
    await page.waitForTimeout(QUIET_MS);
    expect(await marked()).toContain("the first");
    server.say(2, "the second");
    await page.locator(".message", { hasText: "the second" }).waitFor();
    await until(
      async () => (await marked())?.includes("the second") === true,
      () => "the mark above what came meanwhile",
    );
    expect(await mark().count()).toBe(1);
  });

  it("moves nobody who reads above when a text of one's own gets through", async () => {
    await enter();
    await open(1);
    let answer: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/tracker/chat/send", async (route) => {
      await isHeld;
      await route.continue();
    });
    await page.locator("#composer").fill("slow one");
    await page.locator("#composer").press("Enter");
    await page.locator(".unsent").waitFor();
    await scroll(-3_000);
    await page.getByRole("button", { name: "To the newest" }).waitFor();
    const before = await place();
    answer();
    await until(
      async () => (await row(1).innerText()).includes("slow one"),
      () => "the text in the roster",
    );
    await page.waitForTimeout(QUIET_MS);
    expect(await place()).toBe(before);
    await page.locator("#composer").fill("the next");
    await page.locator("#composer").press("Enter");
    await page.locator(".message:not(.unsent)", { hasText: "the next" }).waitFor();
    await page.locator(".jump").waitFor({ state: "detached" });
  });

  it("shows before a draft what nobody has read", async () => {
    await enter();
    await open(2);
    await page.locator("#composer").fill("begun");
    await open(3);
    await row(2).getByText("Draft:").waitFor();
    server.say(2, "call me");
    await row(2).getByText("call me").waitFor();
    expect(await row(2).getByText("Draft:").count()).toBe(0);
  });

  it("shows the beginning of a text, whichever way it is written", async () => {
    await enter();
    for (const text of [
      "תאונה בכביש שש, אני צריך עזרה מיד, המשאית לא זזה והמטען על הכביש, בבקשה להתקשר עכשיו",
      "An accident on the A2, I need help at once, the truck does not move and the load is on the road",
    ]) {
      server.say(2, text);
      const words = row(2).locator(".preview").getByText(text);
      await words.waitFor();
      const isFirstShown = await words.evaluate((element) => {
        const range = document.createRange();
        range.setStart(element.firstChild ?? element, 0);
        range.setEnd(element.firstChild ?? element, 1);
        const [first, box] = [range.getBoundingClientRect(), element.closest(".preview")?.getBoundingClientRect()];
        return box !== undefined && first.left >= box.left - 1 && first.right <= box.right + 1;
      });
      expect([text, isFirstShown]).toEqual([text, true]);
    }
  });

  it("does not say that there is nobody before it knows", async () => {
    let answer: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/tracker/chat/roster", async (route) => {
      await isHeld;
      await route.continue();
    });
    complaints = await signIn(page, server.url, "dispatch@example.com", "secret");
    await page.getByText("Loading…").nth(1).waitFor();
    expect(await page.getByText(/No tracker of this account|Everything is read/).count()).toBe(0);
    answer();
    await page.getByText("Everything is read").waitFor();
    expect(await page.getByText("Loading…").count()).toBe(0);
  });

  it("asks nothing about a tracker that is not there", async () => {
    await enter();
    await page.goto(`${server.url}#/tracker/4711`);
    await page.locator("main .empty").waitFor();
    await page.waitForTimeout(4_000);
    expect(server.called).not.toContain("tracker/chat/list");
  });

  it("asks once where the server refuses", async () => {
    await enter();
    let asked = 0;
    await page.route("**/tracker/chat/list", (route) => {
      asked += 1;
      return route.fulfill({ status: 400, json: { success: false, status: { code: 208, description: "blocked" } } });
    });
    await row(2).click();
    await page.locator(".notice").waitFor();
    await page.waitForTimeout(4_000);
    expect(asked).toBe(1);
  });

  it("goes to the message that was found once more after one scrolled away from it", async () => {
    await enter();
    await open(1);
    server.say(1, "a needle in the hay");
    await page.locator(".message", { hasText: "needle" }).waitFor();
    await page.getByRole("button", { name: "Find in this conversation" }).click();
    await page.locator("#finder").fill("needle");
    await page.locator(".message.found").waitFor();
    await scroll(-4_000);
    await page.locator(".message.found").waitFor({ state: "detached" });
    await page.locator("#finder").press("Enter");
    await page.locator(".message.found").waitFor();
  });

  it("leaves nothing of a session's words to the next one", async () => {
    await enter();
    await page.locator("#search").fill("Truck 3");
    await row(1).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Login").fill("dispatch@example.com");
    await page.getByLabel("Password").fill("secret");
    await page.getByRole("button", { name: "Sign in" }).click();
    await row(1).waitFor();
    expect(await page.locator("#search").inputValue()).toBe("");
  });
});
