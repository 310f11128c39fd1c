/** Texts that are after a terminal, a page or a log are texts everywhere: in answers, on the line, in logs and on the terminal. */
import { afterAll, describe, expect, it } from "vitest";
import { table } from "../src/commands/output.ts";
import { createLog } from "../src/main-log.ts";
import { type Api, startApi } from "./support/api.ts";
import { startWorld, until } from "./support/gateway-world.ts";
import { HOSTILE_TEXTS } from "./support/hostile-texts.ts";

const TEXTS = Object.entries(HOSTILE_TEXTS);
/** What steers a terminal or hides from a reader; a line's end is its last character. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

describe("in answers", async () => {
  const logged: string[] = [];
  const api: Api = await startApi({ fleet: { trackers: [{ id: 1 }] }, onLog: (line) => logged.push(line) });
  afterAll(() => api.app.close());

  it.each(TEXTS)("%s: both ways as it was written, and never a page", async (_name, text) => {
    const sent = await api.call("send", { tracker_id: 1, message: text });
    const [heard] = await api.driverWrites(1, text);
    const { body, headers } = await api.call("list", { tracker_id: 1, ascending: false, limit: 2 });
    expect(sent.body.success).toBe(true);
    expect(body.list).toMatchObject([
      { id: heard, text, type: "INCOMING" },
      { id: sent.body.id, text, type: "OUTGOING" },
    ]);
    expect(headers).toMatchObject({ "content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff" });
    expect(JSON.stringify(headers)).not.toContain("x=1");
    await api.deviceTakes(1);
  });

  it.each(TEXTS)("%s: as a name, a path and a hash it is refused in the contract's words", async (_name, text) => {
    const said = encodeURIComponent(text);
    for (const url of [
      `/tracker/chat/list?tracker_id=1&hash=${said}`,
      `/tracker/chat/${said}`,
      `/${said}`,
      `/tracker/chat/list?${said}=1`,
    ]) {
      const { body, headers } = await api.request({ url });
      expect([url, body.success]).toEqual([url, false]);
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(headers["set-cookie"]).toBeUndefined();
    }
  });

  it("none of them was logged as anything but a line", () => {
    expect(logged.length).toBeGreaterThan(TEXTS.length);
    for (const line of logged) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  });
});

it("as a device's id they are refused and reported as they are, and nothing of them is a log line of its own", {
  timeout: 60_000,
}, async () => {
  const world = await startWorld();
  // The scripted protocol ends its frames with a line feed.
  const ids = TEXTS.map(([, text]) => text.replaceAll(/[\r\n ]/g, "_"));
  const peers = await Promise.all(ids.map(() => world.dial()));
  for (const [index, peer] of peers.entries()) peer.say(`L ${ids[index]}`);
  await until(
    () => world.gateway.connections === 0,
    () => `the end of ${world.gateway.connections} lines`,
    20_000,
  );
  expect(world.directory.unknown.length).toBeGreaterThan(TEXTS.length / 2);
  for (const { key } of world.directory.unknown) expect(ids).toContain(key);
  expect(world.logs.filter(({ msg }) => msg === "forged")).toEqual([]);
  await world.close();
});

describe("on a terminal and in a file", () => {
  const written = (isTTY: boolean, text: string): string => {
    const all: string[] = [];
    const log = createLog({ logLevel: "info", nodeId: "n" }, { isTTY, write: (line) => void all.push(line) });
    log.info({ path: text, nested: { text } }, "answered");
    return all.join("");
  };

  it.each(TEXTS)("%s: a log line is one line, and its fields steer nothing", (_name, text) => {
    const line = written(false, text);
    expect(JSON.parse(line)).toMatchObject({ path: text, nested: { text } });
    expect(line.slice(0, -1)).not.toMatch(STEERING);
    // Colours are the logger's own.
    const shown = written(true, text).replaceAll(COLOUR, "");
    expect(shown.replaceAll("\n", "")).not.toMatch(STEERING);
    expect(
      shown
        .split("\n")
        .filter((one) => one.includes("forged"))
        .every((one) => /^ {4}/.test(one)),
    ).toBe(true);
  });

  it.each(TEXTS)("%s: a cell of a table is one cell", (_name, text) => {
    const shown = table([
      ["a", text, "b"],
      ["c", "d", "e"],
    ]);
    expect(shown.split("\n")).toHaveLength(2);
    expect(shown.replace("\n", "")).not.toMatch(STEERING);
  });
});
