/** Wialon IPS from outside: which first bytes are its own, how frames are explained, and frames of real devices. */
import { describe, expect, it } from "vitest";
import { makeContainer } from "../../protocols/wialon-ips/container.ts";
import { wialonIps } from "../../protocols/wialon-ips/index.ts";
import { corpusOf } from "./corpus.ts";
import { bytesOf, FRAMES, framesOf, loggedIn, replyOf } from "./wialon-ips-frames.ts";

describe("detection", () => {
  const yes = ["#L#", "#L#2.0;imei;NA;A932\r\n", "#P#\r\n", "#SD#", "#D#x", "#M#", "#B#", "2.0;865905021234567#D#", "865905021234567#SD#"];

  it.each(yes)("%j", (head) => {
    const bytes = Buffer.from(head).subarray(0, 64);
    expect(wialonIps.detect(bytes)).toBe("yes");
    const decided = head.indexOf("#", head.indexOf("#") + 1) + 1;
    for (let length = 0; length < decided; length += 1) expect(wialonIps.detect(bytes.subarray(0, length))).toBe("more");
  });

  it("a container by its zlib header", () => {
    const container = makeContainer(Buffer.from("#L#imei;password"));
    for (let length = 0; length < 5; length += 1) expect(wialonIps.detect(container.subarray(0, length))).toBe("more");
    expect(wialonIps.detect(container.subarray(0, 5))).toBe("yes");
    expect(wialonIps.detect(Buffer.from("ff10007801", "hex"))).toBe("yes");
    expect(wialonIps.detect(Buffer.from("ff10007802", "hex"))).toBe("no");
  });

  it.each([
    ["JT/T 808", Buffer.from("7e0100002d", "hex")],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
    ["TLS", Buffer.from("1603010200010001fc0303", "hex")],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2")],
    ["SMTP", Buffer.from("220 mail ready")],
    ["another protocol with '#'", Buffer.from("#861585040983091#user#")],
    ["telnet", Buffer.from("fffb1ffffb20", "hex")],
    ["digits without end", Buffer.from("1".repeat(64))],
    ["an answer", Buffer.from("#AL#1")],
  ])("not %s", (_name, head) => expect(wialonIps.detect(head)).toBe("no"));
});

describe("explanations", () => {
  const explain = (bytes: Buffer | string, direction: "up" | "down" = "up") => wialonIps.explain(Buffer.from(bytes), direction);

  it("every frame of the specification has a title and no password", () => {
    for (const frame of FRAMES) {
      const { title, fields } = explain(bytesOf(frame), frame.dir);
      expect(title).not.toBe("No packet");
      expect(JSON.stringify(fields)).not.toMatch(/"(?:secret|password)"/);
      if (frame.valid === false) expect(fields.at(-1)).toEqual({ name: "CRC", value: "EEF3", note: "wrong, computed EEF2" });
    }
  });

  it("field by field", () => {
    expect(explain("#L#2.0;865905021234567;secret;3787\r\n")).toEqual({
      title: "Login (L), up",
      fields: [
        { name: "version", value: "2.0" },
        { name: "id", value: "865905021234567" },
        { name: "credential", value: "***" },
        { name: "CRC", value: "3787", note: "ok" },
      ],
    });
    expect(explain("#AD#16\r\n", "down").fields).toEqual([{ name: "code", value: "16", note: "CRC error" }]);
    expect(explain("#AI#NA;0\r\n", "down").fields).toEqual([
      { name: "block", value: "NA" },
      { name: "code", value: "0", note: "not taken" },
    ]);
    expect(explain("VER?\r\n", "down").title).toBe("Raw custom message");
    expect(explain("2.0;1#M#Hello;EEF2\r\n").fields.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "version=2.0",
      "id=1",
      "text=Hello",
      "CRC=EEF2",
    ]);
    expect(explain("#I#3;0;1;NA;NA;a.jpg;9738\r\nabc").fields.at(-1)).toEqual({ name: "binary body", value: "3 bytes", note: "CRC ok" });
  });
});

const { there, frames } = corpusOf("wialon-ips");

if (there)
  describe("frames of real devices", () => {
    it.each(frames)("$source", ({ hex, carries }) => {
      const bytes = Buffer.concat([Buffer.from(hex, "hex"), Buffer.from("\r\n")]);
      const words = bytes.toString("utf8");
      const fresh = wialonIps.connect();
      const [whole, ...more] = framesOf(fresh.framer, bytes);
      const pieces = [...bytes].flatMap((byte) => framesOf(fresh.framer, Buffer.from([byte])));
      expect(more).toEqual([]);
      expect(pieces.map((framed) => framed.kind === "frame" && framed.bytes.toString("hex"))).toEqual([hex]);
      if (whole?.kind !== "frame") throw new Error("no frame");
      const reading = (/;[0-9A-F]{4}\r\n$/.test(words) ? loggedIn("2.0") : loggedIn("1.1")).decode(whole.bytes);
      const wrongCrc = words.includes("CE45");
      expect(reading.events.some(({ type }) => type === "bad")).toBe(wrongCrc);
      expect(reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []))).toEqual(
        carries?.text === undefined ? [] : [carries.text],
      );
      expect(replyOf(reading)).toMatch(wrongCrc ? /^#AL#10\r\n$/ : /^#A(?:SD|D|B)#1\r\n$/);
      expect(wialonIps.explain(bytes, "up").fields.find(({ name }) => name === "id")?.value).toBe(wrongCrc ? "42001300083" : undefined);
    });
  });
