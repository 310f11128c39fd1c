/** The scripted protocols, except that the acknowledgement of a driver's text names its serial: devices send several at once. */
import type { Codec, Protocol } from "../../src/core/index.ts";
import { byTag as scriptedByTag, inOrder as scriptedInOrder } from "../support/scripted-protocol.ts";

export const byTag: Protocol = naming(scriptedByTag);
export const inOrder: Protocol = naming(scriptedInOrder);

function naming(protocol: Protocol): Protocol {
  return { ...protocol, connect: (environment) => namingCodec(protocol.connect(environment)) };
}

function namingCodec(codec: Codec): Codec {
  return {
    ...codec,
    decode: (frame) => {
      const reading = codec.decode(frame);
      const [event] = reading.events;
      return event?.type === "text" && event.serial !== null ? { ...reading, reply: Buffer.from(`AT ${event.serial}\n`) } : reading;
    },
  };
}
