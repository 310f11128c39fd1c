/** A real browser for the console's tests. In the continuous integration it must be there; elsewhere tests without one say how to get it. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { describe } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
/** No window, no GPU, nothing that talks to anybody but the page's server. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Tests that need a browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  const found = executable();
  if (found === null && process.env["CI"]) throw new Error(`no Chromium for "${name}": ${ADVICE}`);
  if (found === null) console.warn(`"${name}" is left out, there is no Chromium: ${ADVICE}`);
  describe.runIf(found !== null)(name, tests);
}

const ADVICE = "install it (apt-get install chromium, brew install --cask chromium) or set CHROMIUM_BIN";

/** A browser with a profile of its own, which goes with it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = executable();
  if (executablePath === null) throw new Error(`no Chromium: ${ADVICE}`);
  return await chromium.launch({ executablePath, args: FLAGS });
}

/** A dispatcher's page with its rows, in a context of its own, and what it complained of while it signed in and since. */
export async function openConsole(
  browser: Browser,
  url: string,
  { timeoutMs, ...options }: BrowserContextOptions & { readonly timeoutMs: number },
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  const complaints = await signIn(page, url, "dispatch@example.com", "secret");
  await page.locator("a.row").first().waitFor();
  return { page, complaints };
}

/** Signs in on the page that a server shows; gives what the page complained of, empty if all is well. */
export async function signIn(page: Page, url: string, login: string, password: string): Promise<readonly string[]> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refused policy, an unhandled rejection, a warning: nothing of it belongs on this page. A server that is away is no fault of it.
    if (message.type() !== "log" && !/Failed to load resource|ERR_/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Trackers" }).waitFor();
  return complaints;
}

function executable(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const chosen = process.env["CHROMIUM_BIN"];
  const candidates = chosen ? [chosen] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
