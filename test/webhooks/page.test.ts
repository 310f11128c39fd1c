/** docs/webhooks.md: its check of signatures accepts what is posted, and nothing else; its example is an event. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EVENT_SCHEMAS } from "../../src/http/event-view.ts";
import { RETRY } from "../../src/webhooks/pump.ts";
import { signature } from "../../src/webhooks/signature.ts";

const PAGE = readFileSync(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
const NOW = 1_795_348_806;

type Check = (secret: string, headers: Readonly<Record<string, string>>, body: Buffer, now?: number) => boolean;

async function documentedCheck(): Promise<Check> {
  const [, code = ""] = /^```js\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
  const loaded = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as { readonly isGenuine: Check };
  return loaded.isGenuine;
}

it("the documented check takes what is posted", async () => {
  const isGenuine = await documentedCheck();
  const body = JSON.stringify({ id: "1-0-0", event: "message", data: { text: "Grüße 🚚" } });
  const headers = { "x-tracker-chat-timestamp": String(NOW), "x-tracker-chat-signature": signature("whsec_x", NOW, body) };
  const check = (over: { secret?: string; headers?: object; body?: string; now?: number } = {}): boolean =>
    isGenuine(over.secret ?? "whsec_x", { ...headers, ...over.headers }, Buffer.from(over.body ?? body), over.now ?? NOW + 1);
  expect([check(), check({ now: NOW + 300 }), check({ now: NOW - 300 })]).toEqual([true, true, true]);
  expect(check({ secret: "whsec_y" })).toBe(false);
  expect(check({ body: `${body} ` })).toBe(false);
  expect(check({ now: NOW + 301 })).toBe(false);
  expect(check({ headers: { "x-tracker-chat-timestamp": String(NOW + 1) } })).toBe(false);
  for (const forged of ["", "v1=", "v1=00", `v2=${"0".repeat(64)}`])
    expect(check({ headers: { "x-tracker-chat-signature": forged } })).toBe(false);
  expect(isGenuine("whsec_x", {}, Buffer.from(body))).toBe(false);
});

it("the documented post and times are those of the product", () => {
  const [, example = ""] = /^```json\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
  const { event, data, ...rest } = JSON.parse(example) as { readonly event: string; readonly data: object };
  expect(Object.keys(rest)).toEqual(["id", "webhook_id"]);
  expect(Object.keys(data)).toEqual(EVENT_SCHEMAS[event]?.["required"]);
  const totalMs = RETRY.waitMs * (2 ** (RETRY.attempts - 1) - 1);
  expect([RETRY.attempts, Math.round(totalMs / 60_000)]).toEqual([10, 17]);
});
