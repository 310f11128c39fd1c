import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../protocols/index.ts";
import { parseTranscript } from "../../src/core/index.ts";
import { explainPieces, protocolOf } from "../../src/tools/explain-pieces.ts";
import { type Recording, readRecordings } from "../../src/tools/recordings/recording.ts";
import { transcribe } from "../../src/tools/transcribe.ts";

const LOGIN = "#L#356307042441013;NA\r\n";
const TEXT = "#M#Hello\r\n";
const hex = (text: string): string => Buffer.from(text).toString("hex");

function said(recording: Recording | undefined): readonly string[] {
  return (recording?.pieces ?? []).map(({ direction, bytes }) => `${direction} ${bytes.toString("latin1")}`);
}

const CONVERSATION = [`up ${LOGIN}`, "down #AL#1\r\n", `up ${TEXT}`];

describe("a log is read, whoever wrote it:", () => {
  it.each([
    [
      "Traccar since 2023, hex and text",
      [
        `2026-11-22 10:00:00  INFO: [T7ebedb62: wialon < 10.0.0.1] ${hex(LOGIN)}`,
        "2026-11-22 10:00:00  INFO: [T7ebedb62: wialon > 10.0.0.1] #AL#1\\r\\n",
        "2026-11-22 10:00:01  INFO: [T7ebedb62] id: 356307042441013, time: 2026-11-22 10:00:01, lat: 0.0",
        "2026-11-22 10:00:02  INFO: [T7ebedb62: wialon < 10.0.0.1] #M#Hello\\r\\n",
      ],
    ],
    [
      "Traccar of 2016",
      [
        `2016-11-06 12:50:18 DEBUG: [7EBEDB62: 5039 < 112.215.170.165] HEX: ${hex(LOGIN)}`,
        `2016-11-06 12:50:18 DEBUG: [7EBEDB62: 5039 > 112.215.170.165] HEX: ${hex("#AL#1\r\n")}`,
        "2016-11-06 12:50:18  INFO: [7EBEDB62] disconnected",
        `2016-11-06 12:50:19 DEBUG: [7EBEDB62: 5039 < 112.215.170.165] HEX: ${hex(TEXT)}`,
      ],
    ],
    [
      "Traccar of 2013",
      [
        `2013-04-07 18:16:38 StandardLoggingHandler.log FINE: [5039 <- 213.249.12.85] - (HEX: ${hex(LOGIN)})`,
        `2013-04-07 18:16:38 StandardLoggingHandler.log FINE: [5039 -> 213.249.12.85] - (HEX: ${hex("#AL#1\r\n")})`,
        `2013-04-07 18:16:39 StandardLoggingHandler.log FINE: [5039 <- 213.249.12.85] - (HEX: ${hex(TEXT)})`,
      ],
    ],
    [
      "hex with marks and times",
      [`10:00:00.123 RX: ${hex(LOGIN)}`, `[10:00:00] TX ${hex("#AL#1\r\n")}`, "device went quiet", `recv ${hex(TEXT)}`],
    ],
    ["hex with the arrows of transcripts", [`> ${hex(LOGIN)}`, `< ${hex("#AL#1\r\n")}`, `> ${hex(TEXT).replaceAll(/(..)/g, "$1 ")}`]],
  ])("%s", (_name, lines) => {
    const recordings = readRecordings(lines.join("\n"));
    expect(recordings).toHaveLength(1);
    expect(said(recordings[0])).toEqual(CONVERSATION);
  });

  it("a dump with offsets, one or several, is put together", () => {
    const dump = [
      "00000000  23 4c 23 33 35 36 33 30  37 30 34 32 34 34 31 30  |#L#3563070424410|",
      "00000010  31 33 3b 4e 41 0d 0a                              |13;NA..|",
      "tx",
      "00000000: 2341 4c23 310d 0a                        #AL#1..",
    ];
    expect(said(readRecordings(dump.join("\n"))[0])).toEqual(CONVERSATION.slice(0, 2));
  });

  it("tshark's fields: whoever speaks first in a stream is the device", () => {
    const fields = (...values: readonly (string | number)[]): string => values.join("\t");
    const lines = [
      fields(0, "1700000000.5", "10.0.0.9", 40_000, "10.0.0.1", 5_039, hex(LOGIN)),
      fields(1, "1700000000.6", "10.0.0.8", 40_001, "10.0.0.1", 5_039, hex(LOGIN)),
      fields(0, "1700000000.7", "10.0.0.1", 5_039, "10.0.0.9", 40_000, hex("#AL#1\r\n")),
      fields(0, "1700000002", "10.0.0.9", 40_000, "10.0.0.1", 5_039, hex(TEXT)),
    ];
    const [first, second] = readRecordings(lines.join("\n"));
    expect([said(first), said(second)]).toEqual([CONVERSATION, CONVERSATION.slice(0, 1)]);
    expect(first?.pieces.map(({ at }) => at)).toEqual([1_700_000_000_500, 1_700_000_000_700, 1_700_000_002_000]);
  });

  it("connections are told apart", () => {
    const line = (session: string): string => `2026-11-22 10:00:00  INFO: [${session}: wialon < 10.0.0.1] ${hex(LOGIN)}`;
    expect(readRecordings([line("T00000001"), line("T00000002"), line("T00000001")].join("\n")).map(({ pieces }) => pieces.length)).toEqual(
      [2, 1],
    );
  });

  it("what is no log has no recordings", () => {
    expect(readRecordings("Dear support,\nour devices do not connect since 2026-11-22 10:00:00.\nabc\n")).toEqual([]);
  });
});

describe("a recording", () => {
  const [recording] = readRecordings([`10:00:00 > ${hex(LOGIN)}`, `< ${hex("#AL#1\r\n")}`, `> ${hex(TEXT)}`].join("\n"));
  const pieces = recording?.pieces ?? [];

  it("is explained frame by frame, both ways", () => {
    const protocol = protocolOf(pieces, PROTOCOLS);
    if (protocol === null || protocol === "undecided") throw new Error("not detected");
    expect(explainPieces(protocol, pieces).map(({ direction, kind, explanation }) => [direction, kind, explanation !== null])).toEqual([
      ["up", "frame", true],
      ["down", "frame", true],
      ["up", "frame", true],
    ]);
  });

  it("that begins in the middle, or the wrong way round, still tells its protocol by whole frames", () => {
    const down = [{ direction: "up", bytes: Buffer.from("#AL#1\r\n"), at: null }] as const;
    expect(protocolOf(down, PROTOCOLS)).toMatchObject({ name: "wialon-ips" });
    expect(protocolOf([{ direction: "up", bytes: Buffer.alloc(70, 0xee), at: null }], PROTOCOLS)).toBeNull();
  });

  it("becomes a transcript with the driver's texts in it", () => {
    const protocol = protocolOf(pieces, PROTOCOLS);
    if (protocol === null || protocol === "undecided") throw new Error("not detected");
    const transcript = parseTranscript(transcribe({ name: "field", pieces }, { protocol, profile: {} }));
    expect(transcript).toMatchObject({ protocol: "wialon-ips", deviceId: "356307042441013" });
    expect(transcript.steps.map(({ type }) => type)).toEqual(["up", "down", "up", "text"]);
  });
});
