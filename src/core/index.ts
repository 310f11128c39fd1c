/** The one door to the core. */
export * from "./bytes.ts";
export * from "./charset.ts";
export * from "./checksum.ts";
export * from "./device.ts";
export * from "./framing.ts";
export * from "./layout.ts";
export * from "./protocol.ts";
export * from "./question.ts";
export * from "./session.ts";
export * from "./session-io.ts";
export * from "./tally.ts";
export * from "./transcript.ts";
export * from "./transcript-text.ts";
