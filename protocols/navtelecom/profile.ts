/** A tracker's settings for this protocol: what the document leaves open is a switch here, with its most likely value. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { INNER_DEFAULTS, INNER_PROPERTIES, type InnerSettings } from "../carried/profile.ts";
import type { FieldSizes } from "./fields.ts";

/** Text bytes of one `~O` or `*!DV` over GPRS (NAV 6.1). */
export const MAX_TEXT_BYTES = 139;

/** Versions of FLEX by the byte that stands for them. */
export const VERSIONS = { "1.0": 0x0a, "2.0": 0x14, "3.0": 0x1e } as const;
export type VersionName = keyof typeof VERSIONS;

export interface Settings extends InnerSettings {
  readonly flex: VersionName;
  readonly command: "auto" | "flex" | "ntcb";
  readonly confirm: "always" | "urgent" | "never";
  readonly index: "own" | "unused";
  readonly readState: "confirmed" | "any" | "off";
  readonly dvSuccess: number;
  readonly driverStatus: "code" | "text" | "off";
  readonly statusTexts: Readonly<Record<string, string>>;
  readonly firstStatus: "silent" | "report";
  readonly serial: "ignore" | "text";
  readonly serialPort: number;
  readonly halfDuplex: boolean;
  readonly repeatMs: number;
  readonly repeats: number;
  readonly fieldSizes: FieldSizes;
  readonly extraLengths: "little" | "big";
  readonly currentAck: "bare" | "index";
}

export const DEFAULTS: Settings = {
  ...INNER_DEFAULTS,
  inner: "none",
  charset: "cp1251",
  flex: "3.0",
  command: "auto",
  confirm: "always",
  index: "own",
  readState: "confirmed",
  maxBytes: MAX_TEXT_BYTES,
  dvSuccess: 0,
  driverStatus: "code",
  statusTexts: {},
  firstStatus: "silent",
  serial: "ignore",
  serialPort: 1,
  halfDuplex: true,
  repeatMs: 5_000,
  repeats: 2,
  fieldSizes: {},
  extraLengths: "little",
  currentAck: "bare",
};

/** The settings of a checked profile; what is missing has its default. */
export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

/** A field number 1-255, or a status code 0-255, as a JSON key. */
const BYTE_KEY = "^(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$";

export const PROFILE_SCHEMA: ProfileSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...INNER_PROPERTIES,
    inner: {
      ...(INNER_PROPERTIES["inner"] as object),
      default: DEFAULTS.inner,
      description: "what shows texts: none: the display DV-01; else what is attached to the serial port (~P)",
    },
    charset: { ...(INNER_PROPERTIES["charset"] as object), default: DEFAULTS.charset, description: "charset of lines at the serial port" },
    flex: {
      enum: Object.keys(VERSIONS),
      default: DEFAULTS.flex,
      description: "highest FLEX version that is accepted; a higher offer is answered with this one",
    },
    command: {
      enum: ["auto", "flex", "ntcb"],
      default: DEFAULTS.command,
      description: "how texts go out: ~O, or *!DV in NTCB; auto: ~O from FLEX 2.0 on, else *!DV",
    },
    confirm: { enum: ["always", "urgent", "never"], default: DEFAULTS.confirm, description: "which texts the driver must confirm" },
    index: {
      enum: ["own", "unused"],
      default: DEFAULTS.index,
      description: "own: texts are numbered, so that field 105 can name them; unused: FFFFFFFF, as the document asks for (no read state)",
    },
    readState: {
      enum: ["confirmed", "any", "off"],
      default: DEFAULTS.readState,
      description: "field 105 counts as read: only for texts that the driver must confirm, for any text, or never",
    },
    maxBytes: {
      ...(INNER_PROPERTIES["maxBytes"] as object),
      default: DEFAULTS.maxBytes,
      description: "text bytes in one command, the display takes at most 139; longer texts are split, each part with its own receipt",
    },
    dvSuccess: {
      type: "integer",
      minimum: 0,
      maximum: 255,
      default: DEFAULTS.dvSuccess,
      description: "result of *@DV that means accepted; not documented",
    },
    driverStatus: {
      enum: ["code", "text", "off"],
      default: DEFAULTS.driverStatus,
      description: "a new driver status (field 104) is stored as its number, as its text, or not at all",
    },
    statusTexts: {
      type: "object",
      additionalProperties: false,
      patternProperties: { [BYTE_KEY]: { type: "string", minLength: 1, maxLength: 100 } },
      default: DEFAULTS.statusTexts,
      description: "texts of driver statuses by code, instead of the built-in English ones",
    },
    firstStatus: {
      enum: ["silent", "report"],
      default: DEFAULTS.firstStatus,
      description: "the first driver status seen on a line: only what later ones are compared with, or stored as well",
    },
    serial: {
      enum: ["ignore", "text"],
      default: DEFAULTS.serial,
      description: "what a device sends from its serial ports (~P): dropped, or lines of text in CP1251",
    },
    serialPort: {
      type: "integer",
      minimum: 0,
      maximum: 2,
      default: DEFAULTS.serialPort,
      description: "0 USB, 1 RS232, 2 RS485: where what `inner` names is attached",
    },
    halfDuplex: {
      type: "boolean",
      default: DEFAULTS.halfDuplex,
      description: "while a text is unanswered, telemetry is acknowledged only after the text's result (the vendor's recipe)",
    },
    repeatMs: {
      type: "integer",
      minimum: 1_000,
      maximum: 8_000,
      default: DEFAULTS.repeatMs,
      description: "a text without any reaction goes out again after this long",
    },
    repeats: {
      type: "integer",
      minimum: 0,
      maximum: 3,
      default: DEFAULTS.repeats,
      description: "how often a text may go out again on one line",
    },
    fieldSizes: {
      type: "object",
      additionalProperties: false,
      patternProperties: { [BYTE_KEY]: { type: "integer", minimum: 0, maximum: 255 } },
      default: DEFAULTS.fieldSizes,
      description: "sizes of telemetry fields by number, where a firmware differs from the table; of field 100 sources say 2 or 1",
    },
    extraLengths: { enum: ["little", "big"], default: DEFAULTS.extraLengths, description: "byte order of the lengths in ~E and ~X" },
    currentAck: {
      enum: ["bare", "index"],
      default: DEFAULTS.currentAck,
      description: "answer to ~C: bare as documented, or with the record's index",
    },
    receipts: {
      enum: ["device", "implied"],
      default: "device",
      description: "implied: for devices that never acknowledge, delivery is inferred from the order of TCP bytes",
    },
  },
};
