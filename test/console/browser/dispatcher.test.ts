/** A dispatcher's day in a real browser: the product as it is started, simulated devices over real sockets, and what is on the page. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../../support/gateway-world.ts";
import type { Product, TestDevice } from "../../support/product.ts";
import { findings } from "./accessibility.ts";
import { describeInBrowser, launchBrowser, signIn } from "./chromium.ts";
import { API_KEY, DISPATCHER, HOSTILE_LABEL, MEMBERS, type MemberName, startDevice, startMixedFleet } from "./mixed-fleet.ts";

const HOSTILE_TEXTS = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  '"><svg/onload=document.title=3> &lt;b&gt; {{7*7}} %{7*7} javascript:document.title=4',
  "\u202Etxet lautcefed a\u202C \u2067right\u2069 \u0007 \u200B end",
];

describeInBrowser("a dispatcher", () => {
  let product: Product;
  let browser: Browser;
  let page: Page;
  let complaints: readonly string[];
  const devices = new Map<MemberName, TestDevice>();
  const origins = new Set<string>();

  beforeAll(async () => {
    [product, browser] = await Promise.all([startMixedFleet(), launchBrowser()]);
    page = await (await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-GB" })).newPage();
    page.setDefaultTimeout(20_000);
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    page.on("dialog", (dialog) => void dialog.dismiss().then(() => Promise.reject(new Error(`a dialog: ${dialog.message()}`))));
  });
  afterAll(async () => {
    for (const { runner } of devices.values()) runner.stop();
    await browser.close();
    await product.stop();
  });
  afterEach(() => expect(complaints).toEqual([]));

  const row = (name: MemberName): Locator => page.locator(`a.row[data-tracker="${MEMBERS[name].id}"]`);
  const composer = (): Locator => page.locator("#composer");
  const message = (text: string): Locator => page.locator(".message", { hasText: text }).last();
  const open = async (name: MemberName): Promise<void> => {
    await row(name).click();
    await page.getByRole("heading", { name: MEMBERS[name].label }).waitFor();
    await composer().waitFor();
  };
  const write = async (text: string): Promise<void> => {
    await composer().fill(text);
    await composer().press("Enter");
  };
  const connect = async (name: MemberName): Promise<TestDevice> => {
    const device = startDevice(product, MEMBERS[name]);
    devices.set(name, device);
    await row(name).getByText("online", { exact: true }).waitFor();
    return device;
  };
  const api = async <T>(path: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<T> =>
    (await product.call(path, { hash: API_KEY, ...parameters })).body as T;

  it("signs in, after a wrong password was said to be wrong", async () => {
    await page.goto(product.url);
    expect(await findings(page)).toEqual([]);
    await page.getByLabel("Login").fill(DISPATCHER.login);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Wrong login or password.").waitFor();
    complaints = await signIn(page, product.url, DISPATCHER.login, DISPATCHER.password);
    await row("truck").waitFor();
    expect(await page.locator("a.row").count()).toBe(Object.keys(MEMBERS).length);
    expect(await row("truck").innerText()).toContain("Ada Lindqvist");
    expect(page.url()).not.toMatch(/[0-9a-f]{32}/);
    expect(await findings(page)).toEqual([]);
  });

  it("sees a device come online", async () => {
    await row("truck").getByText("offline", { exact: true }).waitFor();
    await connect("truck");
    await open("truck");
    await page
      .locator(".head")
      .getByText(/^online since \d\d:\d\d$/)
      .waitFor();
  });

  it("sends a text and watches it become delivered", async () => {
    await write("Where are you?");
    const sent = message("Where are you?");
    await sent.getByRole("button", { name: /^delivered \d\d:\d\d$/ }).waitFor();
    expect(devices.get("truck")?.shown).toEqual(["Where are you?"]);
    expect(
      await composer().evaluate((element) => element === document.activeElement && (element as HTMLTextAreaElement).value === ""),
    ).toBe(true);
    // The account's zone is five hours ahead of UTC all year.
    const [listed] = await api<{ list: readonly { submit_time: string }[] }>("list", { tracker_id: MEMBERS.truck.id }).then(
      ({ list }) => list,
    );
    expect(await sent.locator("time").innerText()).toBe(listed?.submit_time.slice(11, 16));
  });

  it("receives an answer: the badge comes and goes, and a screen reader hears of it", async () => {
    await connect("tanker");
    await open("tanker");
    devices.get("truck")?.runner.say("At gate 4");
    await row("truck").getByText("1 unread").waitFor();
    await until(
      async () => (await page.title()) === "(1) tracker-chat",
      () => "the number in the title",
    );
    await page.locator("p[role=status]", { hasText: "Truck 11: At gate 4" }).waitFor({ state: "attached" });
    await composer().press("Alt+Shift+ArrowDown");
    await page.getByText("New messages").waitFor();
    await message("At gate 4").waitFor();
    await until(
      async () => (await page.title()) === "tracker-chat",
      () => "the title without a number",
    );
    expect(await row("truck").locator(".badge").count()).toBe(0);
    await until(
      async () => Object.keys((await api<{ value: object }>("unread/count")).value).length === 0,
      () => "nothing unread at the server",
    );
  });

  it("is shown what a device's charset lacks, and in how many parts a text goes", async () => {
    await open("tanker");
    await composer().fill("Grüße 🚚");
    await page.getByText("The device will show “?” for").waitFor();
    expect(await page.locator(".lost bdi").innerText()).toContain("🚚");
    await composer().fill("x".repeat(1_200));
    await page.getByText("1200 bytes / 500 · 3 parts").waitFor();
    await composer().fill("");
  });

  it("keeps a draft with its tracker", async () => {
    await composer().fill("not yet");
    await open("truck");
    await row("tanker").getByText("Draft:").waitFor();
    expect(await composer().inputValue()).toBe("");
    await page.reload();
    await open("tanker");
    expect(await composer().inputValue()).toBe("not yet");
    await composer().fill("");
  });

  it("asks a question with answers, and sees it read and answered", async () => {
    const driver = await connect("garmin");
    await open("garmin");
    await page.getByRole("button", { name: "Ask a question" }).click();
    await page.getByRole("textbox", { name: "Answer 2" }).fill("Tomorrow");
    await write("Can you take another pallet?");
    await until(
      () => driver.shown.length === 1,
      () => "the question on the device",
    );
    await message("Can you take another pallet?").getByRole("button", { name: /^read/ }).waitFor();
    expect(driver.outputs.find(({ type }) => type === "shown")).toMatchObject({ choices: ["Yes", "Tomorrow"] });
    driver.runner.choose(1);
    const question = page.locator(".message.out", { hasText: "Can you take another pallet?" });
    const answer = page.locator(".message.in", { hasText: "Tomorrow" });
    await answer.waitFor();
    expect(await answer.locator(".quote").innerText()).toContain("Can you take another pallet?");
    await question.getByRole("button", { name: /^answered/ }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it("finds out why a text is not delivered, and withdraws it", async () => {
    await open("away");
    await page.getByText("The device is offline: it gets the text when it connects.").waitFor();
    await write("Turn back, please");
    await message("Turn back, please").getByText("queued – device offline").waitFor();
    await row("away").getByText("1 waiting").waitFor();
    await message("Turn back, please").getByRole("button", { name: "Why not delivered?" }).click();
    const panel = page.getByRole("complementary", { name: "What happened" });
    await panel.getByText("The device is not connected.").waitFor();
    await panel.locator(".step").first().waitFor();
    expect(await findings(page)).toEqual([]);
    await panel.getByRole("button", { name: "Withdraw this message" }).click();
    await message("Turn back, please").getByText("withdrawn").waitFor();
    await panel.getByText("It was withdrawn before").waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    await open("truck");
    await message("Where are you?")
      .getByRole("button", { name: /^delivered/ })
      .click();
    await panel.getByText(/^To the device: \d+ bytes$/).click();
    expect(await panel.locator("code").first().innerText()).toMatch(/^(?:[0-9a-f]{2} )+[0-9a-f]{2}$/);
    await panel.getByRole("button", { name: "Close" }).click();
  });

  it("writes to several and follows each delivery", async () => {
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Message to several" }).first().click();
    const names: readonly MemberName[] = ["truck", "tanker", "garmin", "away"];
    for (const name of names) await page.locator(".recipients-list").getByText(MEMBERS[name].label, { exact: true }).click();
    await page.getByRole("button", { name: "Remove Van 13" }).click();
    await page.locator(".recipients-list").getByText(MEMBERS.garmin.label, { exact: true }).click();
    await page.getByLabel("Text", { exact: true }).fill("Snow on the pass, drive carefully");
    expect(await findings(page)).toEqual([]);
    // What was begun stays, wherever one goes meanwhile.
    await open("truck");
    await page.getByRole("link", { name: "Message to several" }).click();
    await page.getByRole("button", { name: "Review for 4 recipients" }).click();
    await page.getByText("3 are online. 1 gets it when it connects.").waitFor();
    await page.getByRole("button", { name: "Send to 4" }).click();
    await page.getByText("3 of 4 delivered").waitFor();
    const away = page.locator(`[data-recipient="${MEMBERS.away.id}"]`);
    await away.getByText("queued – device offline").waitFor();
    expect(await findings(page)).toEqual([]);
    await connect("away");
    await page.getByText("4 of 4 delivered").waitFor();
    await away.getByText(/^delivered \d\d:\d\d$/).waitFor();
    for (const name of names) expect(devices.get(name)?.shown.filter((text) => text.includes("Snow"))).toHaveLength(1);
  });

  it("sends a text once though the server's answer was lost", async () => {
    await open("truck");
    let lost = 0;
    await page.route("**/tracker/chat/send", async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
      lost += 1;
    });
    await write("Once and only once");
    await until(
      () => lost === 1,
      () => "the answer to be lost",
    );
    await page.unroute("**/tracker/chat/send");
    await message("Once and only once")
      .getByRole("button", { name: /^delivered/ })
      .waitFor();
    await page.locator(".unsent").waitFor({ state: "detached" });
    expect(await page.locator(".message", { hasText: "Once and only once" }).count()).toBe(1);
    expect(devices.get("truck")?.shown.filter((text) => text === "Once and only once")).toHaveLength(1);
  });

  it("reads hostile texts as texts", async () => {
    const driver = await connect("hostile");
    await open("hostile");
    for (const text of HOSTILE_TEXTS) driver.runner.say(text);
    for (const [index, text] of HOSTILE_TEXTS.entries()) {
      await until(
        async () => (await page.locator(".message.in .text").nth(index).textContent()) === text,
        () => `the text as it was written: ${text}`,
      );
    }
    await write(HOSTILE_TEXTS[0] ?? "");
    await page
      .locator(".message.out")
      .getByRole("button", { name: /^delivered/ })
      .waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(HOSTILE_LABEL);
    expect(await row("hostile").locator(".label").textContent()).toBe(HOSTILE_LABEL);
    expect(await page.locator("img, script:not([src]), #console b, iframe").count()).toBe(0);
    // What a text turns around ends with it.
    expect(
      await page.locator(".message .text, .label").evaluateAll((all) => all.map((element) => getComputedStyle(element).unicodeBidi)),
    ).not.toContain("normal");
    expect(await page.title()).toMatch(/^(?:\(\d+\) )?tracker-chat$/);
  });

  it("loses and regains the server, and nothing is lost or doubled", async () => {
    await open("truck");
    const before = await page.locator(".message").count();
    await product.end("SIGKILL");
    await page.getByText("No connection to the server.").waitFor();
    await write("Sent into the void");
    await page.locator(".unsent", { hasText: "Sent into the void" }).getByText("waits for the server").waitFor();
    expect(await findings(page)).toEqual([]);
    devices.get("truck")?.runner.say("Written meanwhile");
    await product.start();
    await page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await message("Sent into the void")
      .getByRole("button", { name: /^delivered/ })
      .waitFor({ timeout: 20_000 });
    await message("Written meanwhile").waitFor({ timeout: 20_000 });
    await page.getByText("No connection to the server.").waitFor({ state: "detached" });
    await row("truck").getByText("online", { exact: true }).waitFor();
    expect(await page.locator(".message").count()).toBe(before + 2);
    expect(devices.get("truck")?.shown.filter((text) => text === "Sent into the void")).toHaveLength(1);
    const { list } = await api<{ list: readonly { text: string }[] }>("list", { tracker_id: MEMBERS.truck.id });
    expect(list).toHaveLength(before + 2);
    await write("And on we go");
    await message("And on we go")
      .getByRole("button", { name: /^delivered/ })
      .waitFor();
  });

  it("asked nobody but the server, and left its session in no address and no log", async () => {
    const hash = await page.evaluate(() => JSON.parse(sessionStorage.getItem("tracker-chat:hash") ?? "null") as string | null);
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect([...origins]).toEqual([product.url]);
    expect(page.url()).not.toContain(hash);
    expect(product.output).not.toContain(hash);
    expect(product.output).not.toContain(DISPATCHER.password);
    expect(product.output).not.toMatch(/Snow on the pass|Sent into the void/);
  });
});
