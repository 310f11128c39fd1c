/** Posts to strangers: where they may go, and how long they take. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressGuard } from "../../src/webhooks/address-guard.ts";
import { Poster } from "../../src/webhooks/post.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const REFUSED = { type: "failed", reason: expect.stringContaining("WEBHOOK_ALLOW") };
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());

const allowed = (more: object = {}): Poster => new Poster({ allow: ["127.0.0.1"], postMs: 300, ...more });

describe("addresses", () => {
  const guard = new AddressGuard([]);

  it.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
    ...["192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.9", "203.0.113.1", "224.0.0.1", "255.255.255.255"],
    ...["::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1"],
    ...["2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "100::1", "localhost", ""],
  ])("%s is refused", (address) => {
    expect(guard.check(address)).toBe("refused");
  });

  it.each(["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1"])(
    "%s is public",
    (address) => {
      expect(guard.check(address)).toBe("public");
    },
  );

  it("inside are allowed where the operator names them, alone, as networks, or by a word", () => {
    const open = new AddressGuard(["10.1.0.0/16", "192.168.7.7", "loopback", "fd00::/8"]);
    for (const address of ["10.1.255.1", "192.168.7.7", "127.0.0.1", "::1", "fd12::1"]) expect(open.check(address)).toBe("allowed");
    for (const address of ["10.2.0.1", "192.168.7.8", "169.254.169.254", "fc00::1"]) expect(open.check(address)).toBe("refused");
    expect(open.check("8.8.8.8")).toBe("public");
  });
});

describe("a URL", () => {
  const inside = [
    "http://127.0.0.1/",
    "http://[::1]/",
    "https://169.254.169.254/latest",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0/",
  ];
  const problems: readonly (readonly [url: string, problem: string | null])[] = [
    ["ftp://example.com/", "must be an https or http URL"],
    ["file:///etc/passwd", "must be an https or http URL"],
    ["/hook", "must be an https or http URL"],
    [`https://example.com/${"x".repeat(2_000)}`, "must be an https or http URL"],
    ["https://ada:secret@example.com/", "must not hold a password"],
    ...inside.map((url) => [url, expect.stringContaining("WEBHOOK_ALLOW")] as const),
    ["http://8.8.8.8/", expect.stringContaining("WEBHOOK_ALLOW")],
    ["https://8.8.8.8/", null],
    ["https://example.com:8443/hook?x=1", null],
  ];
  it.each(problems)("%s: %s", (url, problem) => {
    expect(new Poster({ allow: [] }).problemOf(url)).toEqual(problem);
  });
});

describe("a post", () => {
  it("brings the body and its headers, over one connection again and again", async () => {
    const poster = allowed();
    const ports = new Set<unknown>();
    receiver.answer = (response) => {
      ports.add(response.socket?.remotePort);
      response.writeHead(200).end("thanks");
    };
    for (let times = 0; times < 5; times += 1)
      expect(await poster.post(receiver.url, { "x-a": "b" }, JSON.stringify({ text: "🚚" }))).toEqual({ type: "taken" });
    expect(receiver.got.at(-1)).toMatchObject({ json: { text: "🚚" }, headers: { "x-a": "b", "content-length": "15" } });
    expect(ports.size).toBe(1);
    poster.close();
  });

  it.each([400, 404, 410, 500, 503])("that is answered %i has failed", async (status) => {
    receiver.answer = (response) => void response.writeHead(status).end();
    expect(await allowed().post(receiver.url, {}, "{}")).toEqual({ type: "failed", reason: `answered ${status}` });
  });

  it.each([301, 302, 307, 308])("does not follow a redirect (%i)", async (status) => {
    const before = receiver.got.length;
    receiver.answer = (response) => void response.writeHead(status, { location: receiver.url }).end();
    expect(await allowed().post(receiver.url, {}, "{}")).toEqual({ type: "failed", reason: `answered ${status}` });
    expect(receiver.got).toHaveLength(before + 1);
  });

  it("does not wait for a server that says nothing, or for a body without an end", async () => {
    const silent = { type: "failed", reason: "no answer within 300 ms" };
    receiver.answer = () => undefined;
    expect(await allowed().post(receiver.url, {}, "{}")).toEqual(silent);
    let ended: unknown = null;
    receiver.answer = (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("."), 20);
      response.on("close", () => {
        clearInterval(drip);
        ended = "cut";
      });
    };
    expect(await allowed().post(receiver.url, {}, "{}")).toEqual({ type: "taken" });
    await expect.poll(() => ended).toBe("cut");
  });

  it("reads no more of an answer than it must", async () => {
    let written = 0;
    let ended = false;
    receiver.answer = (response) => {
      response.on("close", () => (ended = true));
      const more = (): void => {
        if (ended || written > 64_000_000) return;
        written += 65_536;
        if (response.write(Buffer.alloc(65_536))) setImmediate(more);
        else response.once("drain", more);
      };
      response.writeHead(200);
      more();
    };
    expect(await allowed({ postMs: 5_000 }).post(receiver.url, {}, "{}")).toEqual({ type: "taken" });
    await expect.poll(() => ended).toBe(true);
    expect(written).toBeLessThan(64_000_000);
  });

  it("says why when nobody is there", async () => {
    const gone = await startReceiver();
    await gone.stop();
    expect(await allowed().post(gone.url, {}, "{}")).toEqual({ type: "failed", reason: "ECONNREFUSED" });
    const unknown = allowed({ resolve: () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" })) });
    expect(await unknown.post("https://nowhere.example/", {}, "{}")).toEqual({ type: "failed", reason: "ENOTFOUND" });
    const slow = allowed({ resolve: () => new Promise(() => undefined) });
    expect(await slow.post("https://slow.example/", {}, "{}")).toEqual({ type: "failed", reason: "no answer within 300 ms" });
  });
});

describe("a post to an address inside", () => {
  const at = (...addresses: readonly string[]) => ({
    resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))),
  });

  it("is refused as a number, whichever way it is written", async () => {
    const before = receiver.got.length;
    const poster = new Poster({ allow: [] });
    for (const host of ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "0"])
      expect(await poster.post(`http://${host}:${receiver.port}/`, {}, "{}")).toEqual(REFUSED);
    expect(receiver.got).toHaveLength(before);
  });

  it.each([
    ["a name that stands for one", ["127.0.0.1"]],
    ["one among others", ["8.8.8.8", "127.0.0.1"]],
    ["the cloud's metadata", ["169.254.169.254"]],
    ["one of IPv6", ["::1"]],
    ["one of IPv4 in IPv6", ["::ffff:10.0.0.1"]],
    ["none at all", []],
  ])("is refused: %s", async (_, addresses) => {
    const before = receiver.got.length;
    for (const scheme of ["http", "https"])
      expect(await new Poster({ allow: [], ...at(...addresses) }).post(`${scheme}://inside.example:${receiver.port}/`, {}, "{}")).toEqual(
        REFUSED,
      );
    expect(receiver.got).toHaveLength(before);
  });

  it("is refused for the real name of this machine", async () => {
    expect(await new Poster({ allow: [] }).post(`http://localhost:${receiver.port}/`, {}, "{}")).toEqual(REFUSED);
  });

  it("goes where the operator allows it, to the very address that was checked", async () => {
    receiver.answer = (response) => void response.writeHead(204).end();
    let asked = 0;
    // The second answer would lead elsewhere: it is never asked for.
    const resolve = () => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
    };
    expect(await allowed({ resolve }).post(`http://rebinding.example:${receiver.port}/`, {}, "{}")).toEqual({ type: "taken" });
    expect(receiver.got.at(-1)?.headers.host).toBe(`rebinding.example:${receiver.port}`);
    expect(asked).toBe(1);
  });

  it("is not sent in the clear to the public internet", async () => {
    expect(await new Poster({ allow: ["loopback"], ...at("8.8.8.8") }).post("http://public.example/", {}, "{}")).toEqual(REFUSED);
  });
});
