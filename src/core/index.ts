/** The one door to the core. */
export * from "./bytes.ts";
export * from "./charset.ts";
export * from "./checksum.ts";
export * from "./device.ts";
export * from "./framing.ts";
export * from "./layout.ts";
export * from "./outgoing.ts";
export * from "./protocol.ts";
export * from "./question.ts";
export * from "./readings.ts";
export * from "./session.ts";
export * from "./session-io.ts";
export * from "./simulated-device.ts";
export * from "./text-profile.ts";
export * from "./text-receipts.ts";
export * from "./transcript.ts";
