/** The product, except that the first protocol makes a mistake: what the attacks must find. */
import { PROTOCOLS } from "../../../protocols/index.ts";
import type { Codec, CodecEnvironment, DeviceEvent, Reading } from "../../../src/core/index.ts";

export type Mistake = "fatal" | "throws" | "twice";

const MISTAKES: Readonly<Record<Mistake, (reading: Reading, frame: Buffer) => Reading>> = {
  /** A byte that is in no good frame ends the process, behind the back of whoever catches what a decoder throws. */
  fatal: (reading, frame) => {
    if (!frame.includes(0xff)) return reading;
    setImmediate(() => {
      throw new Error("planted");
    });
    return reading;
  },
  throws: (reading, frame) => {
    if (frame.includes(0xff)) throw new Error("planted");
    return reading;
  },
  twice: (reading) => ({
    ...reading,
    events: reading.events.flatMap((event): DeviceEvent[] => (event.type === "text" ? [event, event] : [event])),
  }),
};

const [protocol] = PROTOCOLS;
if (protocol === undefined) throw new Error("no protocol");
const mistake = MISTAKES[process.env["PLANTED"] as Mistake];
const connect = protocol.connect.bind(protocol);
Object.assign(protocol, {
  connect: (environment?: CodecEnvironment): Codec => {
    const codec = connect(environment);
    const decode = codec.decode.bind(codec);
    return Object.assign(codec, { decode: (frame: Buffer) => mistake(decode(frame), frame) });
  },
});
await import("../../../src/cli.ts");
