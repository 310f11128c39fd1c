/** The pictures of the README, of the product with simulated devices:  npm run screenshots */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { until } from "../support/gateway-world.ts";
import type { Product, TestDevice } from "../support/product.ts";
import { launchBrowser, signIn } from "./browser/chromium.ts";
import { DISPATCHER, type FleetMember, startDevice, startMixedFleet } from "./browser/mixed-fleet.ts";

const FOLDER = join(import.meta.dirname, "../../docs/images");
const MOST_BYTES = 150_000;
const DESKTOP = { width: 1_120, height: 680 };
const PHONE = { width: 390, height: 720 };

const GARMIN = { protocol: "teltonika", profile: { inner: "garmin-fmi" } };
const WIALON = { protocol: "wialon-ips", profile: {} };
const JT808 = { protocol: "jt808", profile: {} };

/** Who is there, from the top of the list; `says`: unread in the end. */
const FLEET: readonly (FleetMember & { readonly online: boolean; readonly says: readonly string[] })[] = [
  { id: 1, label: "HH-TC 4711", driver: "Ada Lindqvist", deviceId: "352093081429101", ...GARMIN, online: true, says: [] },
  {
    id: 2,
    label: "HH-TC 4712",
    driver: "Bo Carrier",
    deviceId: "13912345602",
    ...JT808,
    online: true,
    says: ["Loaded, 33 pallets. Leaving now."],
  },
  { id: 3, label: "HB-KX 210", driver: "Cleo Marsh", deviceId: "356307042441003", ...WIALON, online: false, says: [] },
  {
    id: 4,
    label: "HB-KX 214",
    driver: "Dag Holm",
    deviceId: "13912345604",
    ...JT808,
    online: true,
    says: ["Customs wants the T1", "And the CMR, signed"],
  },
  { id: 5, label: "Reefer 7", driver: "Эмиль Краузе", deviceId: "13912345605", ...JT808, online: true, says: [] },
  { id: 6, label: "Reefer 8", driver: "Fatima Haddad", deviceId: "356307042441006", ...WIALON, online: true, says: [] },
  { id: 7, label: "Tanker 2", driver: "Goran Petrović", deviceId: "13912345607", ...JT808, online: false, says: [] },
  { id: 8, label: "Van 31", driver: "Hanna Weiss", deviceId: "356307042441008", ...WIALON, online: true, says: [] },
  { id: 9, label: "Van 32", driver: "Ivo Conti", deviceId: "356307042441009", ...WIALON, online: false, says: [] },
];
/** Never acknowledges. */
const SILENT = 4;
const SHORT_WORDS = [
  { id: 9, text: "Please check the tyre pressure tonight" },
  { id: 8, text: "Ring twice at the back door" },
  { id: 7, text: "Cleaning certificate is at the gate" },
  { id: 6, text: "Set −18 °C before loading" },
  { id: 5, text: "Кабель датчика в кабине" },
  { id: 3, text: "Ferry is at 21:30, not 22:30" },
];

async function main(): Promise<void> {
  const [product, browser] = await Promise.all([startMixedFleet(FLEET), launchBrowser()]);
  const devices = new Map(
    FLEET.filter(({ online }) => online).map((member) => [
      member.id,
      startDevice(product, member, { receipts: member.id === SILENT ? "silent" : "ok" }),
    ]),
  );
  try {
    await Promise.all([...devices.values()].map((device) => device.online()));
    await picture(browser, product, devices);
  } finally {
    for (const { runner } of devices.values()) runner.stop();
    await browser.close();
    await product.stop();
  }
}

async function picture(browser: Browser, product: Product, devices: ReadonlyMap<number, TestDevice>): Promise<void> {
  const page = await open(browser, product, DESKTOP, "light");
  for (const { id, text } of SHORT_WORDS) await write(page, id, text, devices.has(id));
  await talk(page, devices);
  for (const { id, says } of FLEET) for (const text of says) devices.get(id)?.runner.say(text);
  await page.locator(".badge").nth(1).waitFor();
  await page
    .locator(".roster .pending")
    .nth(FLEET.filter(({ online }) => !online).length - 1)
    .waitFor();
  await draft(page);
  await save(page, "console-light.png");
  const dark = await open(browser, product, DESKTOP, "dark");
  await choose(dark, SILENT);
  await send(dark, SILENT, "Both are at counter 3, T1-26-08841");
  const unsure = dark.locator(".message.out", { hasText: "counter 3" });
  await unsure.getByText("sent, no receipt yet").waitFor();
  await unsure.getByRole("button", { name: "Why not delivered?" }).click();
  await dark.getByText(/^To the device/).click();
  await dark.locator("#composer").fill("Goran Petrović takes over at 18:00");
  await dark.locator(".lost").waitFor();
  await save(dark, "console-dark.png");
  const narrow = await open(browser, product, PHONE, "light");
  await choose(narrow, 1);
  await save(narrow, "console-narrow.png");
}

async function open(
  browser: Browser,
  { url }: Product,
  viewport: { width: number; height: number },
  scheme: "light" | "dark",
): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: "en-GB", reducedMotion: "reduce" });
  const page = await context.newPage();
  await signIn(page, url, DISPATCHER.login, DISPATCHER.password);
  await page
    .locator("a.row")
    .nth(FLEET.length - 1)
    .waitFor();
  return page;
}

async function choose(page: Page, id: number): Promise<void> {
  await page.locator(`a.row[data-tracker="${id}"]`).click();
  await page.locator(".message").last().waitFor();
}

async function send(page: Page, id: number, text: string): Promise<void> {
  await page.locator(`a.row[data-tracker="${id}"]`).click();
  await page.locator("#composer").fill(text);
  await page.locator("#composer").press("Enter");
}

async function write(page: Page, id: number, text: string, isOnline: boolean): Promise<void> {
  await send(page, id, text);
  const message = page.locator(".message.out", { hasText: text }).last();
  await message.getByText(isOnline ? /^(?:delivered|read)/ : /^queued/).waitFor();
}

/** With the driver of the first, whose device has a read state and questions. */
async function talk(page: Page, devices: ReadonlyMap<number, TestDevice>): Promise<void> {
  const driver = devices.get(1);
  const hears = (text: string): Promise<void> => page.locator(".message.in", { hasText: text }).waitFor();
  if (driver === undefined) throw new Error("no driver");
  await write(page, 1, "Good morning! Next stop is the container terminal, gate 4.", true);
  driver.runner.say("Morning. Traffic jam on the A7, about 40 minutes.");
  await hears("Traffic jam");
  await write(page, 1, "The slot is until 15:20. The consignee asks for both seals before unloading starts.", true);
  driver.runner.say("Should work out. Both seals are intact.");
  await hears("Both seals");
  await page.getByRole("button", { name: "Ask a question" }).click();
  await write(page, 1, "Can you take another pallet to Bremen?", true);
  await until(
    () => driver.outputs.some((output) => output.type === "shown" && output.choices !== undefined),
    () => "the question on the device",
  );
  driver.runner.choose(0);
  await hears("Yes");
  await page
    .locator(".message.out", { hasText: "another pallet" })
    .getByText(/^answered/)
    .waitFor();
}

async function draft(page: Page): Promise<void> {
  await page.locator("#composer").fill("Thanks, I will tell them");
  await page.getByText("24 bytes").waitFor();
}

async function save(page: Page, name: string): Promise<void> {
  // No blinking cursor in a picture.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.screenshot({ path: join(FOLDER, name), animations: "disabled" });
  const { size } = statSync(join(FOLDER, name));
  console.info(`docs/images/${name}: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`${name} has more than ${MOST_BYTES} bytes`);
}

await main();
