/** A roster of 2,000 trackers and a conversation of 10,000 messages, in Chromium: what it costs to start, to scroll, to search and to write. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ScriptedServer } from "../scripted-server.ts";
import { describeInBrowser, launchBrowser, signIn } from "./chromium.ts";
import { type Smoothness, Stopwatch } from "./smoothness.ts";

const SCENE = { trackers: 2_000, messages: 10_000, now: Date.now() };
/** Elements of the whole page, however much it has to show. */
const MOST_ELEMENTS = 1_200;
/** Milliseconds of the processor for one turn of the wheel, one letter, one message: a frame has 16. */
const MOST_CPU = { wheel: 40, letter: 40, message: 250, start: 4_000 };
/** Pixels by which what one reads may move while older messages come in above. */
const MOST_SHIFT = 2;
/** Pixels from the start of what is here: some way into it, and where there is nothing above. */
const TOPS = [1_500, 0];
/** Rows that come into view are measured in the frames after. */
const REST_FRAMES = 4;
const STEPS = 40;
const SCROLLER = { roster: ".roster .scroller", messages: ".messages .scroller" };

describeInBrowser("the console at its largest", () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let watch: Stopwatch;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ScriptedServer.start(SCENE), launchBrowser()]);
    page = await (await browser.newContext({ viewport: { width: 1_280, height: 800 } })).newPage();
    watch = await Stopwatch.on(page);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const elements = (): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length);
  const report = (what: string, { frames, median, p95, longest, longTasks, cpu }: Smoothness): void => {
    console.info(
      `${what}: ${cpu} ms of CPU; ${frames} frames, median ${median} ms, p95 ${p95}, longest ${longest}; long tasks ${longTasks.join(", ") || "none"}`,
    );
  };
  const wheel = async (scroller: string, by: number): Promise<void> => {
    const box = await page.locator(scroller).boundingBox();
    await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 100);
    for (let step = 0; step < STEPS; step += 1) {
      await page.mouse.wheel(0, by);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
  };

  it("shows 2,000 trackers at once after signing in", async () => {
    await page.goto(server.url);
    const timing = await page.evaluate(() => performance.getEntriesByType("navigation")[0]?.toJSON() as PerformanceNavigationTiming);
    const from = Date.now();
    const started = await watch.measure(async () => {
      expect(await signIn(page, server.url, "dispatch@example.com", "secret")).toEqual([]);
      await page.locator("a.row").first().waitFor();
    });
    console.info(
      `page interactive after ${Math.round(timing.domContentLoadedEventEnd)} ms; signed in with all rows ${Date.now() - from} ms later`,
    );
    report("start", started);
    expect(await page.locator(".roster li").first().getAttribute("aria-setsize")).toBe(String(SCENE.trackers));
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
    expect(started.cpu).toBeLessThan(MOST_CPU.start);
  });

  it("scrolls through the roster", async () => {
    const scrolled = await watch.measure(() => wheel(SCROLLER.roster, 900));
    report("roster, wheel", scrolled);
    expect(await page.locator(SCROLLER.roster).evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(STEPS * 400);
    expect(scrolled.cpu / STEPS).toBeLessThan(MOST_CPU.wheel);
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
  });

  it("searches while one types", async () => {
    const words = "driver 1 86000000000000";
    const typed = await watch.measure(() => page.locator("#search").pressSequentially(words));
    report("search, a letter each", typed);
    expect(typed.cpu / words.length).toBeLessThan(MOST_CPU.letter);
    await page.locator("#search").fill("860000000000001");
    await page.locator("a.row").first().waitFor();
    expect(await page.locator("a.row").count()).toBe(1);
  });

  it("loads 10,000 messages backwards, and what one reads stays where it is", async () => {
    await page.locator("a.row").click();
    await page.locator(".message").last().waitFor();
    let shift = 0;
    const loaded = await watch.measure(async () => {
      for (let pages = 0; pages < 100 && (await size()) < SCENE.messages; pages += 1) {
        shift = Math.max(shift, await loadOlder(TOPS[pages % TOPS.length] ?? 0));
      }
    });
    report("10,000 messages, loaded by pages", loaded);
    console.info(`largest shift while older messages came: ${shift} px`);
    expect(await size()).toBeGreaterThanOrEqual(SCENE.messages);
    expect(shift).toBeLessThanOrEqual(MOST_SHIFT);
    expect(await elements()).toBeLessThan(MOST_ELEMENTS);
  });

  /** Rows of the conversation. */
  const size = async (): Promise<number> => Number(await page.locator(".messages li").first().getAttribute("aria-setsize"));

  /** Scrolls near the start of what is here, then lets older ones come; gives by how much the message in the middle of the view moved. */
  const loadOlder = async (top: number): Promise<number> => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/tracker/chat/list", async (route) => {
      await held;
      await route.continue();
    });
    const rows = await size();
    await page.locator(SCROLLER.messages).evaluate((scroller, to) => {
      scroller.scrollTop = to;
    }, top);
    const before = await rest();
    release();
    await expect.poll(size).toBeGreaterThan(rows);
    await page.unroute("**/tracker/chat/list");
    const after = await rest(before.message);
    return Math.abs(after.top - before.top);
  };

  /** Where a message is (null: the one in the middle of the view) once nothing has moved for some frames. */
  const rest = (message: string | null = null): Promise<{ readonly message: string; readonly top: number }> =>
    page.evaluate(
      async ([selector, wanted, frames]) => {
        const scroller = document.querySelector(selector);
        const middle = (scroller?.getBoundingClientRect().top ?? 0) + (scroller?.clientHeight ?? 0) / 2;
        const look = (): { message: string; top: number } => {
          const shown = [...document.querySelectorAll<HTMLElement>(".message")];
          const seen = shown.find((one) =>
            wanted === null ? one.getBoundingClientRect().bottom > middle : one.dataset["message"] === wanted,
          );
          return { message: seen?.dataset["message"] ?? "", top: seen?.getBoundingClientRect().top ?? Number.NaN };
        };
        let last = look();
        for (let same = 0; same < frames; same += 1) {
          await new Promise(requestAnimationFrame);
          const now = look();
          if (now.message !== last.message || now.top !== last.top) same = 0;
          last = now;
        }
        return last;
      },
      [SCROLLER.messages, message, REST_FRAMES] as const,
    );

  it("scrolls through the conversation", async () => {
    const scrolled = await watch.measure(() => wheel(SCROLLER.messages, 700));
    report("conversation, wheel", scrolled);
    expect(scrolled.cpu / STEPS).toBeLessThan(MOST_CPU.wheel);
  });

  it("takes what one writes, and what comes", async () => {
    const words = "A text of some length, letter by letter.";
    const typed = await watch.measure(() => page.locator("#composer").pressSequentially(words));
    report("composer, a letter each", typed);
    expect(typed.cpu / words.length).toBeLessThan(MOST_CPU.letter);
    const sent = await watch.measure(async () => {
      await page.keyboard.press("Enter");
      await page.locator(".message.out", { hasText: words }).getByText("delivered").waitFor();
    });
    report("one message sent and delivered", sent);
    expect(sent.cpu).toBeLessThan(MOST_CPU.message);
    const heard = await watch.measure(async () => {
      for (let count = 1; count <= STEPS; count += 1) server.say(1, `answer ${count}`);
      await page.locator(".message.in", { hasText: `answer ${STEPS}` }).waitFor();
    });
    report(`${STEPS} messages received`, heard);
    expect(heard.cpu).toBeLessThan(MOST_CPU.message * 4);
  });
});
