/** The event stream as it comes over the wire, and the API's words in the page's own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { positionOf } from "../../src/console/model/position.ts";
import { batches, type RawEvent } from "../../src/console/stream.ts";
import { eventOf, trackersOf } from "../../src/console/wire.ts";

const STREAM = [
  "retry: 2000\n\n",
  'event: reset\ndata: {"reason":"too-old"}\n\nid: 5-0\nevent: hello\ndata: {"event_id":"5-0"}\n\n',
  ":\n\n",
  'event: status\ndata: {"tracker_id":1,"text":"первая 🚚"}\n\nid: 6-0\nevent: unread\ndata: {"tracker_id":1}\n\n',
  'id: 6-1\nevent: presence\ndata: {"tracker_id":2}\n\n',
  'event: bye\ndata: {"reason":"drain"}\n\n',
].join("");
const PLACED = [
  ["reset", "5-0"],
  ["hello", "5-0"],
  ["status", "6-0"],
  ["unread", "6-0"],
  ["presence", "6-1"],
];

async function read(chunks: readonly Uint8Array[]): Promise<readonly RawEvent[]> {
  const events: RawEvent[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const batch of batches(body)) events.push(...batch);
  return events;
}

describe("the stream", () => {
  const bytes = new TextEncoder().encode(STREAM);

  it("gives each event the place of the last one that belongs to it", async () => {
    expect((await read([bytes])).map(({ type, id }) => [type, id])).toEqual(PLACED);
  });

  it("means the same however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const ends = [...cuts, bytes.length].sort((one, other) => one - other);
        const chunks = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
        expect(await read(chunks)).toEqual(await read([bytes]));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps to itself what has no place yet: it comes again", async () => {
    const end = STREAM.indexOf("id: 6-0");
    expect((await read([new TextEncoder().encode(STREAM.slice(0, end))])).map(({ type }) => type)).toEqual(["reset", "hello"]);
  });
});

describe("events", () => {
  const wire = {
    message: {
      id: 7,
      submit_time: "2026-11-22T12:00:00+03:00",
      update_time: null,
      text: "hi",
      type: "INCOMING",
      status: "PENDING",
      state: "unread",
      answers: 3,
    },
    status: { message_id: 9, status: "DELIVERED", state: "read", update_time: "2026-11-22T12:00:05Z", receipt: "device", altered: true },
  };

  it("are those of the contract", () => {
    const at = positionOf("5-1");
    const event = (type: string, data: object) => eventOf(type, "5-1", JSON.stringify({ tracker_id: 4, ...data }));
    expect(event("message", { message: wire.message })).toEqual({
      type: "message",
      at,
      message: {
        id: 7,
        trackerId: 4,
        direction: "INCOMING",
        text: "hi",
        submittedAt: Date.UTC(2026, 10, 22, 9),
        choices: [],
        answers: 3,
        progress: { state: "unread", updatedAt: null, reason: null, receipt: null, altered: false, at },
      },
    });
    expect(event("status", wire.status)).toEqual({
      type: "status",
      at,
      trackerId: 4,
      id: 9,
      progress: { state: "read", updatedAt: Date.UTC(2026, 10, 22, 12, 0, 5), reason: null, receipt: "device", altered: true, at },
    });
    expect(event("unread", { unread: 3 })).toEqual({ type: "unread", at, trackerId: 4, count: 3 });
    expect(event("presence", { online: true, time: "2026-11-22T12:00:00Z", protocol: "x" })).toEqual({
      type: "presence",
      at,
      trackerId: 4,
      online: true,
      since: Date.UTC(2026, 10, 22, 12),
      protocol: "x",
    });
  });

  it("of other kinds, without a place or without sense are none", () => {
    expect([
      eventOf("novelty", "5-1", "{}"),
      eventOf("unread", "five", "{}"),
      eventOf("unread", "5-1", "{"),
      eventOf("unread", "5-1", "7"),
    ]).toEqual([null, null, null, null]);
  });

  it("of a state that this page does not know are told by the two documented words", () => {
    const { progress } = eventOf("status", "5-1", JSON.stringify({ ...wire.status, state: "teleported" })) as {
      progress: { state: string };
    };
    expect(progress.state).toBe("delivered");
  });
});

describe("the fleet", () => {
  it("has its drivers' names, whole", () => {
    const source = { device_id: "86", model: null };
    const employee = { first_name: "Ada", middle_name: "", last_name: "Åkesson", tracker_id: 1 };
    const [one, other] = trackersOf(
      [1, 2].map((id) => ({ id, label: `T ${id}`, group_id: 3, source })),
      [employee],
    );
    expect(one).toEqual({
      id: 1,
      label: "T 1",
      driver: "Ada Åkesson",
      group: 3,
      model: null,
      deviceId: "86",
      searched: "t 1 ada akesson  86",
    });
    expect(other?.driver).toBe("");
  });
});
